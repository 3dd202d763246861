package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * The numbers of a {@link Breaker} at a moment. Successes are not counted over all: that would be
 * the only thing that a good call has to write.
 *
 * @param name the name of the breaker
 * @param state of the circuit
 * @param mode whether it decides by itself
 * @param windowCalls how many results the window holds; 0 unless closed
 * @param windowFailures how many of them are failures; 0 unless closed
 * @param windowSlow how many of them were slow; 0 unless closed
 * @param probesUnderWay permits in use; 0 unless half-open
 * @param failed calls that counted as failures, ever
 * @param cancelled calls that their caller cancelled, ever; they decide nothing
 * @param uncounted other calls that said nothing of the dependency, ever
 * @param rejected calls that were not let through, ever
 * @param opened how often the circuit has opened
 */
public record BreakerSnapshot(
    String name,
    Circuit state,
    BreakerMode mode,
    int windowCalls,
    int windowFailures,
    int windowSlow,
    int probesUnderWay,
    long failed,
    long cancelled,
    long uncounted,
    long rejected,
    long opened) {}
