/**
 * Other answers for calls that failed: {@link dev.resilience.fallback.Fallbacks}. Used with {@link
 * dev.resilience.Resilience#withFallback}. Knows no other policy.
 */
@NullMarked
package dev.resilience.fallback;

import org.jspecify.annotations.NullMarked;
