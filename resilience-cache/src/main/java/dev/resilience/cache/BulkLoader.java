package dev.resilience.cache;

import dev.resilience.context.Context;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fetches many values with one call, and may block. A {@link BatchLoader} collects the keys.
 *
 * @param <K> the keys
 * @param <V> the values
 */
@FunctionalInterface
public interface BulkLoader<K, V extends @Nullable Object> {

  /**
   * Loads values. Runs on the executor of the time source and is interrupted when its context ends.
   *
   * @param ctx the context of this call: pass it on. It has the values of the batch loader's owner,
   *     not those of any caller, and ends when nobody waits for any of the keys any more
   * @param keys what to load, in the order of asking, each once
   * @return the values; a key without an entry, or with null, has no value
   * @throws Exception is the failure of each of the keys
   */
  Map<? super K, ? extends V> load(Context ctx, Set<K> keys) throws Exception;
}
