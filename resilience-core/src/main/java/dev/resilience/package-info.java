/**
 * Where a user begins: {@link dev.resilience.Resilience} puts policies into a stack and makes calls
 * through it, with {@link dev.resilience.WithFallback} around it where a failure has another
 * answer.
 *
 * <p>This package may know all others of the core; none of them knows it.
 */
@NullMarked
package dev.resilience;

import org.jspecify.annotations.NullMarked;
