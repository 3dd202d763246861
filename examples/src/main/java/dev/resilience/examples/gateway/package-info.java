/**
 * An API gateway with a circuit breaker and a rate limit, and the life of a circuit in five acts.
 */
@NullMarked
package dev.resilience.examples.gateway;

import org.jspecify.annotations.NullMarked;
