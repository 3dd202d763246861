package dev.resilience.redis;

import org.jspecify.annotations.Nullable;

/**
 * A near copy, or the outcome of a look at Redis that was not to load anything.
 *
 * @param deadline of the time source; the far one is there at least until then
 * @param isKnown whether there is a value, or the knowledge that there is none
 */
record Copy<V extends @Nullable Object>(V value, long deadline, boolean isKnown) {

  static <V extends @Nullable Object> Copy<V> of(V value, long deadline) {
    return new Copy<>(value, deadline, true);
  }

  /** It is known that there is no value. */
  @SuppressWarnings("NullAway") // loaders that may return null say so in V
  static <V extends @Nullable Object> Copy<V> absence(long deadline) {
    return new Copy<>(null, deadline, true);
  }

  /** Redis has nothing, and nobody has loaded. */
  @SuppressWarnings("NullAway") // nobody reads the value
  static <V extends @Nullable Object> Copy<V> unknown(long deadline) {
    return new Copy<>(null, deadline, false);
  }
}
