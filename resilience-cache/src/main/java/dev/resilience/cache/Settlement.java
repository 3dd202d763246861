package dev.resilience.cache;

import org.jspecify.annotations.Nullable;

/**
 * How a flight ends.
 *
 * @param outcome for its waiters
 * @param event for the listener, once they know
 */
record Settlement<V extends @Nullable Object>(Outcome<V> outcome, @Nullable CacheEvent event) {

  static <V extends @Nullable Object> Settlement<V> quiet(Outcome<V> outcome) {
    return new Settlement<>(outcome, null);
  }

  static <V extends @Nullable Object> Settlement<V> closed() {
    return quiet(new Outcome.Closed<>());
  }
}
