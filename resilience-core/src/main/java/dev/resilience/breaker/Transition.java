package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * A change of state that a result calls for. It happens if the circuit is still in the first one.
 *
 * @param reason in a few words
 */
record Transition(State from, Circuit to, String reason) {}
