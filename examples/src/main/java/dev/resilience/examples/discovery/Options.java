package dev.resilience.examples.discovery;

import dev.resilience.examples.program.Arguments;
import dev.resilience.examples.program.UsageException;
import java.time.Duration;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param seed decides which instance suffers what
 * @param length of the script
 * @param rate calls a second
 * @param help only tell how to use this
 */
record Options(long seed, Duration length, int rate, boolean help) {

  static final String HELP =
      """
      Three instances: a service in three processes, registered in ZooKeeper, which is a fourth
      one, all on loopback; and callers with two seconds of patience. One instance is killed, one
      is paused, one answers in 2 s instead of 20 ms, and the registry is killed and started
      again. Watch what the callers notice, and how long it takes until each one is left alone.

      mvn -q -Pdemo -Dmain=discovery.ThreeInstances -Dargs="[options]"

        --seed N      decides which instance suffers what                      (default: 1)
        --seconds N   length of the script, 10 to 600; a phase also lasts until
                      what it shows has happened                               (default: 48)
        --rate N      calls a second, 1 to 500                                 (default: 200)
        --help        this text

      Ctrl-C ends the run early, and all its processes; the table comes all the same.
      Exit code: 0 done, 1 could not run, 2 wrong arguments.
      """;

  private static final List<String> FLAGS = List.of("--seed", "--seconds", "--rate");

  static Options parse(String... args) throws UsageException {
    Arguments given = Arguments.parse(FLAGS, args);
    return new Options(
        given.number("--seed", 1),
        Duration.ofSeconds(given.number("--seconds", 48, 10, 600)),
        given.number("--rate", 200, 1, 500),
        given.help());
  }
}
