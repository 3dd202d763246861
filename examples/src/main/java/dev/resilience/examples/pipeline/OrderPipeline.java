package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/**
 * The main demo. Callers place orders at a gateway, which calls auth, inventory, payment and mail,
 * and records what was paid in a database; all five are real HTTP servers on loopback, and a seeded
 * script makes them misbehave. At the end a table tells what became of the orders, and of the work
 * that nobody wanted any more.
 *
 * <pre>{@code
 * mvn -q -Pdemo
 * mvn -q -Pdemo -Dargs="--seed 7 --rate 100"
 * }</pre>
 *
 * <p>From here, read {@code Policies} (how each dependency is protected), {@code Gateway} (the
 * calls), {@code Orders} (the record), {@code Callers} (who calls), {@code Clients} and {@code
 * Server} (how the modules for HTTP are used).
 */
public final class OrderPipeline {

  private static final Duration LAST_WORDS = Duration.ofMillis(1_900);

  private OrderPipeline() {}

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
      } else if (options.url().isPresent()) {
        ForeignServer.run(ctx, options, options.url().get(), out);
      } else {
        Pipeline.run(ctx, options, out);
      }
      return 0;
    } catch (UsageException wrong) {
      err.println("order-pipeline: " + wrong.getMessage() + "; see --help");
      return 2;
    } catch (IOException failed) {
      err.println("order-pipeline: " + failed.getMessage());
      return 1;
    }
  }
}
