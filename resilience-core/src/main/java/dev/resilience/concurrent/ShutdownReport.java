package dev.resilience.concurrent;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.List;

/** What a pool did when it was shut down. Immutable. */
public final class ShutdownReport {

  private final String pool;
  private final Duration took;
  private final List<PoolTask<?>> drained;
  private final List<PoolTask<?>> cancelled;
  private final List<PoolTask<?>> handedBack;
  private final List<AbandonedTask> abandoned;

  ShutdownReport(
      String pool,
      Duration took,
      List<PoolTask<?>> drained,
      List<PoolTask<?>> cancelled,
      List<PoolTask<?>> handedBack,
      List<AbandonedTask> abandoned) {
    this.pool = pool;
    this.took = took;
    this.drained = List.copyOf(drained);
    this.cancelled = List.copyOf(cancelled);
    this.handedBack = List.copyOf(handedBack);
    this.abandoned = List.copyOf(abandoned);
  }

  /** How long it took. */
  public Duration took() {
    return took;
  }

  /** Tasks that came to an end by themselves while the pool drained. */
  public List<PoolTask<?>> drained() {
    return drained;
  }

  /** Tasks that had begun and were cancelled. */
  public List<PoolTask<?>> cancelled() {
    return cancelled;
  }

  /** Tasks that never began, or waited for another attempt: to be kept for another time. */
  public List<PoolTask<?>> handedBack() {
    return handedBack;
  }

  /** Tasks that ignore their interrupt and still run; they are among the cancelled ones. */
  public List<AbandonedTask> abandoned() {
    return abandoned;
  }

  /** Whether everything that had been accepted came to an end by itself. */
  public boolean isClean() {
    return cancelled.isEmpty() && handedBack.isEmpty();
  }

  @Override
  public String toString() {
    return pool
        + ": "
        + drained.size()
        + " finished, "
        + cancelled.size()
        + " cancelled, "
        + handedBack.size()
        + " handed back, "
        + abandoned.size()
        + " still run, after "
        + DurationText.of(took);
  }
}
