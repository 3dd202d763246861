package dev.resilience.redis;

import org.jspecify.annotations.Nullable;

/**
 * A near copy, or the outcome of a look at Redis that was not to load anything.
 *
 * @param key whose name this stands under; another key of that name is told apart by it
 * @param deadline of the time source; the far one is there at least until then
 * @param isKnown whether there is a value, or the knowledge that there is none
 */
record NearEntry<K, V extends @Nullable Object>(K key, V value, long deadline, boolean isKnown) {

  static <K, V extends @Nullable Object> NearEntry<K, V> of(K key, V value, long deadline) {
    return new NearEntry<>(key, value, deadline, true);
  }

  /** It is known that there is no value. */
  @SuppressWarnings("NullAway") // loaders that may return null say so in V
  static <K, V extends @Nullable Object> NearEntry<K, V> absence(K key, long deadline) {
    return new NearEntry<>(key, null, deadline, true);
  }

  /** Redis has nothing, and nobody has loaded. */
  @SuppressWarnings("NullAway") // nobody reads the value
  static <K, V extends @Nullable Object> NearEntry<K, V> unknown(K key, long deadline) {
    return new NearEntry<>(key, null, deadline, false);
  }
}
