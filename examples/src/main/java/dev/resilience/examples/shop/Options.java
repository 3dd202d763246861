package dev.resilience.examples.shop;

import dev.resilience.examples.program.Arguments;
import dev.resilience.examples.program.UsageException;
import java.time.Duration;
import java.util.List;

/**
 * What the user asked for.
 *
 * @param port of the page; 0: any that is free
 * @param rate orders a second
 * @param length of the run; zero: until Ctrl-C
 * @param help only tell how to use this
 */
record Options(int port, int rate, Duration length, boolean help) {

  static final String HELP =
      """
      The shop: orders go through auth, inventory, payment and mail, all in this process. Open the
      page, break something with its buttons, and watch what the policies do about it. Then switch
      the protection off.

      mvn -q -Pdemo -Dpage [-Dargs="[options]"]

        --port N      of the page, 0 to 65535; 0: any that is free        (default: 9090)
        --rate N      orders a second, 1 to 500                           (default: 40)
        --seconds N   length of the run, 0 to 86400; 0: until Ctrl-C      (default: 300)
        --help        this text

      Ctrl-C ends it early; the table at the end comes all the same.
      Exit code: 0 done, 1 could not run, 2 wrong arguments.
      """;

  private static final List<String> FLAGS = List.of("--port", "--rate", "--seconds");

  static Options parse(String... args) throws UsageException {
    Arguments given = Arguments.parse(FLAGS, args);
    return new Options(
        given.number("--port", 9090, 0, 0xffff),
        given.number("--rate", 40, 1, 500),
        Duration.ofSeconds(given.number("--seconds", 300, 0, 86_400)),
        given.help());
  }
}
