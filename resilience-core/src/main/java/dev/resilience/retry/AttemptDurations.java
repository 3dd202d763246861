package dev.resilience.retry;

import dev.resilience.statistics.RecentDurations;
import dev.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long an attempt usually takes: the median of the latest that were measured and answered, or
 * were cut off after longer than that.
 *
 * <p>For work of some microseconds a clock costs more than all the rest of a retry. So a few
 * attempts are measured at first, and a few after each failure, and after each one that took {@link
 * #SLOW}: of slow work, where the clock costs nothing in comparison, every attempt is measured, so
 * that the median follows the service also when it recovers and nothing fails any more. To find out
 * that nothing is to be measured is one volatile read. The median is asked for only after a
 * failure. Thread-safe; a sample that is lost to a race is no loss.
 */
final class AttemptDurations {

  /** Not measured. */
  static final long UNWATCHED = 0;

  static final int WINDOW = 32;
  static final int AFTER_A_FAILURE = 16;
  static final int ENOUGH = 8;

  /** A millisecond: two readings of the clock are a twenty-thousandth of it. */
  static final long SLOW = 1_000_000;

  private final RecentDurations samples = new RecentDurations(WINDOW);
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
    watchOn();
  }

  private void watchOn() {
    if (toWatch.get() < AFTER_A_FAILURE) {
      toWatch.set(AFTER_A_FAILURE);
    }
  }

  void took(long nanos) {
    samples.record(nanos);
    if (nanos >= SLOW) {
      watchOn();
    }
  }

  /** That it was cut off early says nothing, or callers in a hurry would shrink the median. */
  void tookAtLeast(long nanos) {
    if (nanos > median()) {
      took(nanos);
    }
  }

  /** In nanoseconds; 0 as long as too little is known. */
  long median() {
    long[] sorted = samples.sorted();
    return sorted.length < ENOUGH ? 0 : RecentDurations.quantile(sorted, 0.5);
  }
}
