/**
 * Limits on how long an attempt may take: {@link dev.resilience.timeout.FixedTimeout}. A limit is a
 * child context, so it reaches whatever the work calls, and ends with the caller. Knows no other
 * policy.
 */
@NullMarked
package dev.resilience.timeout;

import org.jspecify.annotations.NullMarked;
