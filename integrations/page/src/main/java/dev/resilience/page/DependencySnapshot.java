package dev.resilience.page;

import dev.resilience.breaker.BreakerMode;
import dev.resilience.breaker.BreakerSnapshot;
import dev.resilience.chaos.ChaosSnapshot;
import dev.resilience.hedge.HedgeSnapshot;
import dev.resilience.limit.ConcurrencyLimitSnapshot;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.page.CountWindow.Recent;
import dev.resilience.page.LatencyWindow.Latency;
import dev.resilience.retry.RetrySnapshot;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A tile of the wall. Parts that the stack does not have are null. */
record DependencySnapshot(
    String name,
    String stack,
    EndingCounts counts,
    Recent recent,
    Latency latency,
    @Nullable TimeGiven timeGiven,
    @Nullable BreakerSnapshot circuit,
    @Nullable ConcurrencyLimitSnapshot concurrency,
    @Nullable RetrySnapshot retries,
    @Nullable HedgeSnapshot hedges,
    int stillRunning,
    @Nullable ChaosSnapshot chaos) {

  /** Fewer calls than these say nothing. */
  private static final int ENOUGH = 5;

  private static final double MANY = 0.5;
  private static final double SOME = 0.05;

  /** Whether it needs attention, and why; the first that applies. */
  record Judgement(Status status, String reason) {}

  Judgement judgement() {
    if (circuit != null && circuit.mode() == BreakerMode.FORCED_OPEN) {
      return new Judgement(Status.BAD, "circuit held open by hand");
    }
    if (circuit != null && circuit.state() == Circuit.OPEN) {
      return new Judgement(Status.BAD, "circuit open");
    }
    EndingCounts now = recent.counts();
    double failing = now.share(Ending.FAILURE);
    double late = now.share(Ending.TIMED_OUT, Ending.DEADLINE);
    double rejected = now.share(Ending.REJECTED);
    if (now.told() >= ENOUGH) {
      if (failing + late >= MANY) {
        return new Judgement(
            Status.BAD,
            failing >= late ? percent(failing) + " failing" : percent(late) + " too late");
      }
      if (rejected >= MANY) {
        return new Judgement(Status.BAD, percent(rejected) + " rejected");
      }
    }
    if (circuit != null && circuit.state() == Circuit.HALF_OPEN) {
      return new Judgement(Status.WARNING, "circuit half-open, probing");
    }
    if (now.told() >= ENOUGH) {
      if (failing >= SOME) {
        return new Judgement(Status.WARNING, percent(failing) + " failing");
      }
      if (late >= SOME) {
        return new Judgement(Status.WARNING, percent(late) + " too late");
      }
      if (rejected >= SOME) {
        return new Judgement(Status.WARNING, percent(rejected) + " rejected");
      }
    }
    if (timeGiven != null
        && latency.samples() >= ENOUGH
        && latency.p95().compareTo(timeGiven.limit().multipliedBy(4).dividedBy(5)) > 0) {
      return new Judgement(Status.WARNING, "close to its " + timeGiven.kind());
    }
    if (retries != null && retries.budgetAvailable() < 1) {
      return new Judgement(Status.WARNING, "retry budget used up");
    }
    if (stillRunning > 0) {
      return new Judgement(Status.WARNING, stillRunning + " still running after their time");
    }
    return new Judgement(Status.OK, now.total() == 0 ? "no calls" : "healthy");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }
}
