package dev.resilience.breaker;

import dev.resilience.policy.Classifier;
import dev.resilience.policy.PolicyListener;

/**
 * What a breaker was built with; times in nanoseconds.
 *
 * @param windowCalls size of the count window
 */
record Settings(
    String name,
    Thresholds thresholds,
    int windowCalls,
    long openFor,
    int halfOpenPermits,
    int closeAfter,
    long probeTimeout,
    Classifier classifier,
    PolicyListener listener) {}
