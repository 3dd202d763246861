package dev.resilience.cache;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/** How a load is done: by a thread of its own, or with a stage. */
interface Work<K, V extends @Nullable Object> {

  /**
   * Starts it; the outcome goes to the flight. Never throws.
   *
   * @param ctx of the load
   * @param byCaller whether the caller who wants it is on this thread
   */
  void start(Context ctx, K key, Flight<K, V> flight, boolean byCaller);
}
