/**
 * Retries: {@link dev.resilience.retry.Retry} and the delays between its attempts, {@link
 * dev.resilience.retry.Backoff}.
 *
 * <p>Time, waiting and randomness come from the caller's context. This package knows no other
 * policy.
 */
@NullMarked
package dev.resilience.retry;

import org.jspecify.annotations.NullMarked;
