package dev.resilience.breaker;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long a call takes, smoothed as TCP smooths the times of round trips. A clock costs more than
 * all the rest of a closed breaker, so a few calls are measured when the circuit is new and each
 * time that it opens or closes, and then none. Thread-safe; a sample that is lost to a race is no
 * loss.
 */
final class UsualDuration {

  private static final int WATCHED = 16;

  /** One in so many parts of a new sample goes into the average; as RFC 6298 has it. */
  private static final int SMOOTHING = 8;

  private final AtomicInteger toWatch = new AtomicInteger(WATCHED);
  private volatile long average;

  boolean isWatching() {
    return toWatch.get() > 0;
  }

  /** The next calls are worth the clock. */
  void watch() {
    toWatch.set(WATCHED);
  }

  void took(long nanos) {
    long before = average;
    average = before == 0 ? nanos : before + (nanos - before) / SMOOTHING;
    measured();
  }

  /** That a call was cut off earlier than usual says nothing. */
  void tookAtLeast(long nanos) {
    if (nanos > average) {
      average = nanos;
    }
    measured();
  }

  private void measured() {
    if (isWatching()) {
      toWatch.decrementAndGet();
    }
  }

  /** How long a call needs with some margin, in nanoseconds; 0 as long as nothing is known. */
  long withMargin() {
    return Math.min(average, Long.MAX_VALUE / 2) * 2;
  }
}
