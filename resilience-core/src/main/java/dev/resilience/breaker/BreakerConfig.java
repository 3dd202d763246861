package dev.resilience.breaker;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;

/**
 * What a breaker was built with; times in nanoseconds.
 *
 * @param windowCalls size of the count window
 * @param windowTime length of the time window, which then takes the place of the other; 0: none
 * @param slowAfter how long a call may take that is not slow; {@link Long#MAX_VALUE}: any time
 * @param watchesRunning whether a call is slow already while it runs
 */
record BreakerConfig(
    String name,
    Thresholds thresholds,
    int windowCalls,
    long windowTime,
    long slowAfter,
    boolean watchesRunning,
    long openFor,
    int halfOpenPermits,
    int closeAfter,
    long probeTimeout,
    Classifier classifier,
    PolicyListener listener) {

  boolean knowsSlow() {
    return slowAfter != Long.MAX_VALUE;
  }

  /** Whether a closed circuit reads a clock. */
  boolean measures() {
    return windowTime > 0 || knowsSlow();
  }
}
