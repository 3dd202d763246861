/**
 * Limits on what is sent to a dependency: per time ({@link dev.resilience.limit.RateLimit}) and at
 * once ({@link dev.resilience.limit.ConcurrencyLimit}). Who has to wait waits in line, and no
 * longer than its context lets it. Knows no other policy.
 */
@NullMarked
package dev.resilience.limit;

import org.jspecify.annotations.NullMarked;
