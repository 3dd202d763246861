package dev.resilience.cache;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Fetches what the cache has not got, and may block.
 *
 * @param <K> the keys
 * @param <V> the values
 */
@FunctionalInterface
public interface Loader<K, V extends @Nullable Object> {

  /**
   * Loads a value. Runs on the executor of the time source, never on the thread of a caller, and is
   * interrupted when its context ends.
   *
   * <p>May ask caches for other keys under this context. To ask for a key that in turn waits for
   * this load is an {@link IllegalStateException}.
   *
   * @param ctx the context of this load: pass it on. It has the values of the caller who came
   *     first, nobody's deadline, and a limit of its own; it ends when nobody waits any more
   * @param key what to load
   * @return the value; null: there is none
   * @throws Exception becomes the cause of a {@link LoadException} for each caller that waits
   */
  V load(Context ctx, K key) throws Exception;
}
