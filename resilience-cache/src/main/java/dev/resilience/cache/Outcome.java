package dev.resilience.cache;

import org.jspecify.annotations.Nullable;

/** What became of a load. Each waiter makes an answer of its own out of it. */
sealed interface Outcome<V extends @Nullable Object> {

  /**
   * It brought a value, or that there is none.
   *
   * @param entry need not have been stored
   */
  record Success<V extends @Nullable Object>(Entry<V> entry) implements Outcome<V> {}

  /**
   * It failed.
   *
   * @param cause raw
   * @param stale what was there before, if anything
   * @param broken what a rule or a weigher of the user's threw when it was asked about this
   */
  record Failed<V extends @Nullable Object>(
      Throwable cause, @Nullable Entry<V> stale, @Nullable Throwable broken)
      implements Outcome<V> {}

  /** The cache was closed meanwhile, or nobody waits any more. */
  record Closed<V extends @Nullable Object>() implements Outcome<V> {}
}
