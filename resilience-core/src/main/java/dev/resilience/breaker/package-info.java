/**
 * The circuit breaker: {@link dev.resilience.breaker.Breaker} stops calling what fails anyway, and
 * finds out with a few probes when it is well again.
 *
 * <p>Its state machine is our own, because what the caller gave up on is neither success nor
 * failure here. This package knows no other policy.
 */
@NullMarked
package dev.resilience.breaker;

import org.jspecify.annotations.NullMarked;
