package dev.resilience.statistics;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The last durations that were recorded, and their quantiles: exact, for windows of some hundred.
 * Recording is an increment and a volatile write; a quantile sorts a copy.
 *
 * <p>Thread-safe. A reader may see a mixture of old and new ones; a record that is lost to a race
 * is no loss.
 */
public final class RecentDurations {

  private final AtomicLongArray ring;
  private final AtomicInteger recorded = new AtomicInteger();

  /**
   * An empty window.
   *
   * @param size how many of the last durations count
   */
  public RecentDurations(int size) {
    this.ring = new AtomicLongArray(size);
  }

  /**
   * Records a duration.
   *
   * @return how many were recorded, ever; after two thousand millions it counts from the size again
   */
  public int record(long nanos) {
    int number = recorded.getAndUpdate(n -> n == Integer.MAX_VALUE ? ring.length() : n + 1);
    // Zero is a place that nothing was written to.
    ring.set(number % ring.length(), Math.max(1, nanos));
    return number + 1;
  }

  /** The durations in nanoseconds, in ascending order. */
  public long[] sorted() {
    long[] known = new long[ring.length()];
    int count = 0;
    for (int i = 0; i < known.length; i++) {
      long nanos = ring.get(i);
      if (nanos > 0) {
        known[count++] = nanos;
      }
    }
    long[] sorted = Arrays.copyOf(known, count);
    Arrays.sort(sorted);
    return sorted;
  }

  /**
   * The duration that a share of the others does not exceed, by nearest rank.
   *
   * @param sorted not empty, ascending
   * @param share above 0 and at most 1: 0.5 is the median
   */
  public static long quantile(long[] sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.max(1, Math.min(rank, sorted.length)) - 1];
  }
}
