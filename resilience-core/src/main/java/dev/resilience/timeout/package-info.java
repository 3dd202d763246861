/**
 * Limits on how long an attempt may take: a {@linkplain dev.resilience.timeout.FixedTimeout fixed}
 * one, one that {@linkplain dev.resilience.timeout.AdaptiveTimeout follows} what is usual, one for
 * {@linkplain dev.resilience.timeout.ServiceTimeouts each service}; their {@linkplain
 * dev.resilience.timeout.TimeoutMonitor monitor}; and the opposite, {@linkplain
 * dev.resilience.timeout.MoreTime more time}. A limit is a child context, so it reaches whatever
 * the work calls, and ends with the caller. Knows no other policy.
 */
@NullMarked
package dev.resilience.timeout;

import org.jspecify.annotations.NullMarked;
