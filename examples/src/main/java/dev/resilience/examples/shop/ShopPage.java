package dev.resilience.examples.shop;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.UUID;

/**
 * The shop with its live page, as a program.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dpage                              # then open the address that it prints
 * mvn -q -Pdemo -Dpage -Dargs="--seconds 0"         # until Ctrl-C
 * }</pre>
 */
public final class ShopPage {

  private ShopPage() {}

  /** Runs the program. */
  public static void main(String... args) throws InterruptedException {
    int exit;
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(2))) {
      exit = run(System.out, interrupt.context(), args);
    }
    if (exit != 0) {
      System.exit(exit);
    }
  }

  static int run(PrintStream out, Context root, String... args) throws InterruptedException {
    Options options;
    try {
      options = Options.parse(args);
    } catch (UsageException wrong) {
      out.println(wrong.getMessage() + " (--help tells more)");
      return 2;
    }
    if (options.help()) {
      out.print(Options.HELP);
      return 0;
    }
    String token = UUID.randomUUID().toString();
    try (Shop shop = new Shop(options.port(), token);
        CancellableContext open =
            options.length().isZero() ? root.withCancel() : root.withTimeout(options.length())) {
      out.println("Open    " + shop.page().uri() + "#token=" + token);
      out.println("as text " + shop.page().uri() + "top");
      out.println(
          options.length().isZero()
              ? "It ends with Ctrl-C."
              : "It ends by itself after " + options.length().toSeconds() + " s, or with Ctrl-C.");
      shop.open(open, options.rate());
      out.println();
      out.print(shop.tally().table());
      return 0;
    } catch (IOException taken) {
      out.println(
          "port " + options.port() + ": " + taken.getMessage() + " (--port chooses another)");
      return 1;
    }
  }
}
