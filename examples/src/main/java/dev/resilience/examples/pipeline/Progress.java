package dev.resilience.examples.pipeline;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.observe.PolicyEvent.Circuit;
import java.io.PrintStream;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A line each second: what happened in it, what is wrong just now, and which circuits are open. */
final class Progress implements AutoCloseable {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final CancellableContext ctx;
  private final Ledger ledger;
  private final FaultScript script;
  private final PrintStream out;
  private final Map<Outcome, Integer> before = new EnumMap<>(Outcome.class);
  private final Thread thread = new Thread(this::show, "progress");

  @SuppressWarnings("MustBeClosed") // closed by close()
  private Progress(Context ctx, Ledger ledger, FaultScript script, PrintStream out) {
    this.ctx = ctx.withCancel();
    this.ledger = ledger;
    this.script = script;
    this.out = out;
  }

  static Progress shown(Context ctx, Ledger ledger, FaultScript script, PrintStream out) {
    var progress = new Progress(ctx, ledger, script, out);
    progress.thread.start();
    return progress;
  }

  private void show() {
    out.println("        orders    good  degraded   other  under way  now");
    try {
      for (Duration next = SECOND; ; next = next.plus(SECOND)) {
        ctx.sleep(next.minus(ledger.elapsed()));
        out.println(line());
      }
    } catch (ContextException end) {
      // All orders have been placed.
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private String line() {
    int good = since(Outcome.COMPLETE);
    int degraded = since(Outcome.DEGRADED);
    int other = 0;
    for (Outcome outcome : Outcome.values()) {
      if (outcome != Outcome.COMPLETE && outcome != Outcome.DEGRADED) {
        other += since(outcome);
      }
    }
    return String.format(
            Locale.ROOT,
            "%4.0f s  %6d  %6d  %8d  %6d  %9d  %s",
            ledger.elapsed().toMillis() / 1e3,
            good + degraded + other,
            good,
            degraded,
            other,
            ledger.inFlight().get(),
            now())
        .stripTrailing();
  }

  private int since(Outcome outcome) {
    int count = ledger.outcome(outcome).count();
    Integer old = before.put(outcome, count);
    return count - (old == null ? 0 : old);
  }

  private String now() {
    String circuits =
        ledger.dependencies().stream()
            .filter(dependency -> dependency.circuit() != Circuit.CLOSED)
            .map(it -> it.name() + " circuit " + DependencyStats.word(it.circuit()))
            .collect(Collectors.joining(", "));
    String faults = script.at(ledger.elapsed());
    return faults + (circuits.isEmpty() ? "" : "  [" + circuits + "]");
  }

  @Override
  public void close() {
    ctx.close();
    try {
      thread.join(SECOND.toMillis());
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }
}
