package dev.resilience.page;

import dev.resilience.statistics.LogLinearBuckets;
import dev.resilience.statistics.StripedHistogram;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Durations of the last ten seconds. To record one is an increment; they are sorted by age only
 * when somebody looks, so what was recorded while nobody looked belongs to the first look after it.
 */
final class LatencyWindow {

  private static final long SHORTEST_NANOS = 1_000;
  private static final LogLinearBuckets BUCKETS =
      new LogLinearBuckets(SHORTEST_NANOS, Duration.ofMinutes(5).toNanos());
  private static final int SLOTS = 10;
  private static final long SLOT_NANOS = Duration.ofSeconds(1).toNanos();

  private final long start;
  private final StripedHistogram recorded = StripedHistogram.frequent(BUCKETS.size());
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final int[][] slots = new int[SLOTS][BUCKETS.size()];
  private long newest;

  /**
   * A window.
   *
   * @param start now, on the clock of the looks; only distances from it count, as a clock may pass
   *     from the largest number to the smallest
   */
  LatencyWindow(long start) {
    this.start = start;
  }

  void record(long nanos) {
    recorded.add(BUCKETS.index(nanos));
  }

  /** The durations as of now. */
  Latency look(long now) {
    lock.lock();
    try {
      long slot = Math.max(0, now - start) / SLOT_NANOS;
      for (long old = Math.max(newest + 1, slot - SLOTS + 1); old <= slot; old++) {
        Arrays.fill(slots[(int) (old % SLOTS)], 0);
      }
      newest = Math.max(newest, slot);
      int[] current = slots[(int) (newest % SLOTS)];
      recorded.drain((bucket, count) -> current[bucket] += (int) count);
      return percentiles();
    } finally {
      lock.unlock();
    }
  }

  private Latency percentiles() {
    int[] sum = new int[BUCKETS.size()];
    long total = 0;
    for (int[] slot : slots) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += slot[i];
        total += slot[i];
      }
    }
    return new Latency(
        total,
        percentile(sum, total, 0.5),
        percentile(sum, total, 0.95),
        percentile(sum, total, 0.99));
  }

  private static Duration percentile(int[] counts, long total, double share) {
    long rank = (long) Math.ceil(total * share);
    long seen = 0;
    for (int i = 0; total > 0 && i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Duration.ofNanos(BUCKETS.upperEdge(i));
      }
    }
    return Duration.ZERO;
  }

  /**
   * Percentiles, up to 3.2 % too high.
   *
   * @param samples how many durations they rest on; 0: they are zero
   */
  record Latency(long samples, Duration median, Duration p95, Duration p99) {}
}
