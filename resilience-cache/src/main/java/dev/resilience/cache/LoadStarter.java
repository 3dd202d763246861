package dev.resilience.cache;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/** Starts a load: on a thread of its own, or as a stage. */
interface LoadStarter<K, V extends @Nullable Object> {

  /**
   * Starts it; the outcome goes to the flight. Never throws.
   *
   * @param ctx of the load
   * @param byCaller whether the caller who wants it is on this thread
   */
  void start(Context ctx, K key, Flight<K, V> flight, boolean byCaller);

  /** How many of these loads a bulk read may have under way, of those that the cache allows. */
  default int parallel(int allowed) {
    return allowed;
  }
}
