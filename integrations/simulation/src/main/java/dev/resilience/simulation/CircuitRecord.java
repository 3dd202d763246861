package dev.resilience.simulation;

import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * A circuit changed its state.
 *
 * @param policy the name of the breaker
 * @param at when, in nanoseconds since the start of the run
 * @param to its new state
 */
public record CircuitRecord(String policy, long at, Circuit to) {}
