package dev.resilience.cache;

import dev.resilience.time.TimeSource;

/**
 * How long things are kept, in nanoseconds; {@link TimeSource#MAX_AHEAD} is for ever.
 *
 * @param freshFor the time to live
 * @param jitter the share of it by which it may be shortened
 * @param refreshAfter from which age a read starts a refresh; for ever: none
 * @param staleWhileRevalidate how long after that a stale value is served while a new one is loaded
 * @param staleIfError how long after that a stale value is served when the load fails
 * @param absentFor how long it is remembered that there is no value; 0: not at all
 * @param failureFor how long a failure is remembered; 0: not at all
 * @param pause how long after a failed load a value that is still served starts no further one
 */
record ExpiryConfig(
    String cache,
    TimeSource time,
    long freshFor,
    double jitter,
    long refreshAfter,
    long staleWhileRevalidate,
    long staleIfError,
    long absentFor,
    long failureFor,
    long pause) {

  long now() {
    return time.nanoTime();
  }

  /** The share of a time to live that one entry gets, so that those of one moment end at many. */
  double jitterFactor() {
    return jitter == 0 ? 1 : 1 - jitter * time.random().nextDouble();
  }

  static long shortened(long nanos, double factor) {
    return factor == 1 || nanos == TimeSource.MAX_AHEAD
        ? nanos
        : Math.max(1, (long) (nanos * factor));
  }
}
