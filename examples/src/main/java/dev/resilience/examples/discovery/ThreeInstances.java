package dev.resilience.examples.discovery;

import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/**
 * Three instances of a service under steady traffic, all in processes of their own and registered
 * in ZooKeeper. One is killed, one is paused, one turns slow, and in between the registry itself is
 * killed and started again. At the end a table tells what the callers noticed of it.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=discovery.ThreeInstances
 * mvn -q -Pdemo -Dmain=discovery.ThreeInstances -Dargs="--seed 7 --rate 100"
 * }</pre>
 *
 * <p>From here, read {@code Callers} (the whole configuration of a client) and {@code OrdersMain}
 * (an instance); {@code Drama} is the script.
 */
public final class ThreeInstances {

  private static final Duration LAST_WORDS = Duration.ofMillis(1_900);

  private ThreeInstances() {}

  /**
   * Runs the demo. Ends the process with 2 after wrong arguments, and with 1 where the demo could
   * not run.
   *
   * @param args see {@code --help}
   */
  public static void main(String... args) {
    int exitCode;
    try (var interrupt = CtrlC.installed(LAST_WORDS)) {
      exitCode = run(interrupt.context(), System.out, System.err, args);
    }
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  /** The whole program, for as long as {@code ctx} lives. Returns the exit code. */
  static int run(Context ctx, PrintStream out, PrintStream err, String... args) {
    try {
      Options options = Options.parse(args);
      if (options.help()) {
        out.print(Options.HELP);
      } else {
        new Report(out).print(Drama.play(ctx, options, out));
      }
      return 0;
    } catch (UsageException wrong) {
      err.println("three-instances: " + wrong.getMessage() + "; see --help");
      return 2;
    } catch (IOException failed) {
      err.println("three-instances: " + failed.getMessage());
      return 1;
    }
  }
}
