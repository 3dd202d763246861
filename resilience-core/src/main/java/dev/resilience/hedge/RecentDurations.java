package dev.resilience.hedge;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A percentile of the last {@value #SIZE} durations, looked up anew after every {@value #EVERY}.
 * Thread-safe; a reader may see a mixture of old and new ones.
 */
final class RecentDurations {

  private static final int SIZE = 256;
  private static final int EVERY = 32;

  /** Below, a percentile says little. */
  private static final int FEWEST = 20;

  static final long UNKNOWN = -1;

  private final double percentile;
  private final AtomicLongArray ring = new AtomicLongArray(SIZE);
  private final AtomicInteger recorded = new AtomicInteger();
  private volatile long value = UNKNOWN;

  RecentDurations(double percentile) {
    this.percentile = percentile;
  }

  /** The percentile in nanoseconds, or {@link #UNKNOWN}. */
  long value() {
    return value;
  }

  void took(long nanos) {
    // Starts over where the ring is full already, so that it stays so.
    int number = recorded.getAndUpdate(n -> n == Integer.MAX_VALUE ? SIZE : n + 1);
    ring.set(number % SIZE, nanos);
    int known = number + 1;
    if (known == FEWEST || (known > FEWEST && known % EVERY == 0)) {
      value = lookUp(Math.min(known, SIZE));
    }
  }

  /** It would have taken longer than this: of news only where this is long already. */
  void tookAtLeast(long nanos) {
    if (nanos >= value) {
      took(nanos);
    }
  }

  private long lookUp(int known) {
    long[] sorted = new long[known];
    for (int i = 0; i < known; i++) {
      sorted[i] = ring.get(i);
    }
    Arrays.sort(sorted);
    return sorted[Math.min(known - 1, (int) Math.ceil(percentile * known) - 1)];
  }

  @Override
  public String toString() {
    return "p" + percentile * 100;
  }
}
