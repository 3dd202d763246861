package dev.resilience.retry;

import dev.resilience.time.TimeSource;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long an attempt usually takes: the median of the latest that were measured and answered, or
 * were cut off after longer than that.
 *
 * <p>A clock costs more than all the rest of a retry. So a few attempts are measured at first, and
 * a few after each failure; while all is well nothing is, and to find that out is one volatile
 * read. The median is asked for only after a failure. Thread-safe; a sample that is lost to a race
 * is no loss.
 */
final class AttemptDurations {

  /** Not measured. */
  static final long UNWATCHED = 0;

  static final int WINDOW = 32;
  static final int AFTER_A_FAILURE = 16;
  static final int ENOUGH = 8;

  private final AtomicLongArray samples = new AtomicLongArray(WINDOW);
  private final AtomicInteger added = new AtomicInteger();
  private final AtomicInteger toWatch = new AtomicInteger(WINDOW);

  boolean isWatching() {
    return toWatch.get() > 0;
  }

  /** An attempt begins that may be measured: when that was, or {@link #UNWATCHED}. */
  long start(TimeSource time) {
    return toWatch.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? time.nanoTime() : UNWATCHED;
  }

  /** Something failed: the next ones are worth the clock. */
  void failed() {
    if (toWatch.get() < AFTER_A_FAILURE) {
      toWatch.set(AFTER_A_FAILURE);
    }
  }

  void took(long nanos) {
    samples.set((added.getAndIncrement() & Integer.MAX_VALUE) % WINDOW, Math.max(1, nanos));
  }

  /** That it was cut off early says nothing, or callers in a hurry would shrink the median. */
  void tookAtLeast(long nanos) {
    if (nanos > median()) {
      took(nanos);
    }
  }

  /** In nanoseconds; 0 as long as too little is known. */
  long median() {
    long[] known = new long[WINDOW];
    int count = 0;
    for (int i = 0; i < WINDOW; i++) {
      long sample = samples.get(i);
      if (sample > 0) {
        known[count++] = sample;
      }
    }
    if (count < ENOUGH) {
      return 0;
    }
    Arrays.sort(known, 0, count);
    return known[(count - 1) / 2];
  }
}
