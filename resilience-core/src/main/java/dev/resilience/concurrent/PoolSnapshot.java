package dev.resilience.concurrent;

import java.time.Duration;
import java.util.List;

/** The figures of a pool at one moment. Immutable. */
public final class PoolSnapshot {

  private final String name;
  private final int queued;
  private final int delayed;
  private final int running;
  private final PoolCounts counts;
  private final Duration oldestWaiting;
  private final Duration open;
  private final List<WorkerStatus> workers;

  PoolSnapshot(
      String name,
      int queued,
      int delayed,
      int running,
      PoolCounts counts,
      Duration oldestWaiting,
      Duration open,
      List<WorkerStatus> workers) {
    this.name = name;
    this.queued = queued;
    this.delayed = delayed;
    this.running = running;
    this.counts = counts;
    this.oldestWaiting = oldestWaiting;
    this.open = open;
    this.workers = List.copyOf(workers);
  }

  /** The name of the pool. */
  public String name() {
    return name;
  }

  /** Tasks that wait for a worker. */
  public int queued() {
    return queued;
  }

  /** Tasks that wait for their next attempt. */
  public int delayed() {
    return delayed;
  }

  /** Tasks that have a worker. */
  public int running() {
    return running;
  }

  /** Tasks accepted so far. */
  public long accepted() {
    return counts.accepted;
  }

  /** Submissions refused so far. */
  public long refused() {
    return counts.refused;
  }

  /** Tasks that returned a result. */
  public long done() {
    return counts.done;
  }

  /** Tasks that failed. */
  public long failed() {
    return counts.failed;
  }

  /** Tasks that a deadline ended. */
  public long timedOut() {
    return counts.timedOut;
  }

  /** Tasks that were cancelled. */
  public long cancelled() {
    return counts.cancelled;
  }

  /** Tasks that were let go before they began. */
  public long dropped() {
    return counts.dropped;
  }

  /** Tasks that ended, however. */
  public long ended() {
    return counts.ended();
  }

  /** Tasks that were given up because they ignored their interrupt. */
  public long abandoned() {
    return counts.abandoned;
  }

  /** How long tasks ran that ran, on average, from begin to end of an attempt. */
  public Duration meanRun() {
    return counts.runs == 0 ? Duration.ZERO : Duration.ofNanos(counts.ranNanos / counts.runs);
  }

  /** The share of ended tasks that a deadline ended, 0 to 1. */
  public double timeOutRate() {
    return share(counts.timedOut);
  }

  /** The share of ended tasks that were cancelled, 0 to 1. */
  public double cancellationRate() {
    return share(counts.cancelled);
  }

  private double share(long part) {
    return ended() == 0 ? 0 : (double) part / ended();
  }

  /** Tasks ended in a second, on average since the pool was opened. */
  public double endedPerSecond() {
    return open.isZero() ? 0 : ended() / (open.toNanos() / 1e9);
  }

  /** How long the oldest of the queued tasks has waited; zero if there is none. */
  public Duration oldestWaiting() {
    return oldestWaiting;
  }

  /** What each worker is doing. */
  public List<WorkerStatus> workers() {
    return workers;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + queued
        + " queued, "
        + running
        + " running, "
        + done()
        + " done, "
        + failed()
        + " failed, "
        + timedOut()
        + " timed out, "
        + cancelled()
        + " cancelled, "
        + dropped()
        + " dropped, "
        + refused()
        + " refused";
  }
}
