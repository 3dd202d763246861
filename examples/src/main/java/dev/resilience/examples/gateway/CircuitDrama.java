package dev.resilience.examples.gateway;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.observe.PolicyEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * The life of a circuit in five acts: a service answers, fails, is left alone, and comes back.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=gateway.CircuitDrama
 * }</pre>
 *
 * <p>The circuit opens after 3 failures in a row, for 2 s, and closes after 2 good probes. A call
 * takes 100 ms, and has 1 s.
 */
public final class CircuitDrama {

  private static final Duration OPEN = ofSeconds(2);
  private static final Duration WORK = ofMillis(100);
  private static final Duration LIMIT = ofSeconds(1);
  private static final Duration BETWEEN = ofMillis(200);

  private final Context root;
  private final PrintStream out;
  private final long from;
  private final Breaker breaker;
  private final Resilience service;

  private CircuitDrama(Context root, PrintStream out) {
    this.root = root;
    this.out = out;
    this.from = root.timeSource().nanoTime();
    this.breaker =
        Breaker.builder("users")
            .consecutiveFailures(3)
            .openFor(OPEN)
            .closeAfter(2)
            .listener(
                event -> {
                  if (event instanceof PolicyEvent.CircuitChanged change) {
                    say("        the circuit: %s -> %s", change.from(), change.to());
                  }
                })
            .build();
    this.service = Resilience.of(breaker);
  }

  /** Plays it, in about five seconds. */
  public static void main(String... args) {
    try (var interrupt = CtrlC.installed(ofSeconds(1))) {
      play(interrupt.context(), System.out);
    }
  }

  /** Plays it on the clock of a context, for as long as that lives. Returns the circuit. */
  static Breaker play(Context root, PrintStream out) {
    CircuitDrama drama = new CircuitDrama(root, out);
    try {
      drama.acts();
    } catch (ContextException stopped) {
      drama.say("stopped");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return drama.breaker;
  }

  private void acts() throws InterruptedException {
    say("act 1   the service is well");
    calls(3, true);
    say("act 2   it fails; the third failure in a row opens the circuit");
    calls(5, false);
    say("act 3   it is left alone, and callers know at once");
    calls(3, true);
    say("act 4   two seconds pass");
    root.sleep(OPEN);
    say("act 5   it is well again: probed, and after two good probes the circuit closes");
    calls(3, true);
  }

  private void calls(int count, boolean isWell) throws InterruptedException {
    for (int i = 1; i <= count; i++) {
      long began = root.timeSource().nanoTime();
      String outcome = call(isWell);
      double millis = (root.timeSource().nanoTime() - began) / 1e6;
      say("call %d  %-38s %6.1f ms  %s", i, outcome, millis, breaker.state());
      root.sleep(BETWEEN);
    }
  }

  private String call(boolean isWell) throws InterruptedException {
    try (CancellableContext request = root.withTimeout(LIMIT)) {
      return service.call(request, ctx -> user(ctx, isWell));
    } catch (CircuitOpenException refused) {
      return "refused: " + (refused.retryAfter().isPresent() ? "retry later" : "being probed");
    } catch (IOException failed) {
      return "failed: " + failed.getMessage();
    }
  }

  /** The service. */
  private static String user(Context ctx, boolean isWell) throws IOException, InterruptedException {
    ctx.sleep(WORK);
    if (!isWell) {
      throw new IOException("no database");
    }
    return "user 123";
  }

  private void say(String format, Object... arguments) {
    double seconds = (root.timeSource().nanoTime() - from) / 1e9;
    out.printf(
        Locale.ROOT, "%5.1f s  %s%n", seconds, String.format(Locale.ROOT, format, arguments));
  }
}
