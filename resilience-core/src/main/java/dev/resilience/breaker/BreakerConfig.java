package dev.resilience.breaker;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.time.TimeSource;

/**
 * What a breaker was built with; times in nanoseconds.
 *
 * @param windowCalls size of the count window
 * @param windowTime length of the time window, which then takes the place of the other; 0: none
 * @param slowAfter how long a call may take that is not slow; {@link Long#MAX_VALUE}: any time
 * @param watchesRunning whether a call is slow already while it runs
 * @param timeoutsAreFailures whether a call that ran out of time counts as one that failed
 * @param countsSuccesses whether the snapshot tells of successes
 * @param longestOpenFor up to where the time that the circuit stays open grows
 */
record BreakerConfig(
    String name,
    Thresholds thresholds,
    int windowCalls,
    long windowTime,
    long slowAfter,
    boolean watchesRunning,
    boolean timeoutsAreFailures,
    boolean countsSuccesses,
    long openFor,
    long longestOpenFor,
    int halfOpenPermits,
    int closeAfter,
    int reopenAfter,
    long probeTimeout,
    Classifier classifier,
    PolicyListener listener) {

  boolean knowsSlow() {
    return slowAfter != Long.MAX_VALUE;
  }

  /** Whether a closed circuit reads a clock for each call. */
  boolean measures() {
    return windowTime > 0 || knowsSlow();
  }

  @SuppressWarnings("ReferenceEquality") // there is one that does nothing
  boolean hasListener() {
    return listener != PolicyListener.none();
  }

  /**
   * How long the circuit stays open.
   *
   * @param round how often probes have failed since it was closed
   */
  long openTime(int round, TimeSource time) {
    if (longestOpenFor == openFor) {
      return openFor;
    }
    int doublings = Math.min(round + 1, Long.numberOfLeadingZeros(openFor) - 1);
    long atMost = Math.min(longestOpenFor, openFor << doublings);
    return openFor + (long) (time.random().nextDouble() * (atMost - openFor));
  }
}
