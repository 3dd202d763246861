package dev.resilience.cache;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Starts to fetch what the cache has not got, and hands back a stage at once.
 *
 * @param <K> the keys
 * @param <V> the values
 */
@FunctionalInterface
public interface AsyncLoader<K, V extends @Nullable Object> {

  /**
   * Starts a load. Runs on the thread of the caller who came first, or on the executor of the time
   * source for a refresh; it must not block.
   *
   * @param ctx the context of this load, as in {@link Loader#load}. The stage is not cancelled when
   *     it ends; where that makes sense, say so: {@code ctx.onDone(() -> future.cancel(true))}
   * @param key what to load
   * @return never null: a null stage counts as a failure
   * @throws Exception counts as a stage that failed
   */
  CompletionStage<V> load(Context ctx, K key) throws Exception;

  /**
   * Whether a bulk read may start this for all its keys at once, because it bounds its own work as
   * a {@link BatchLoader} does. Default: no; the cache starts as many as its builder allows.
   */
  default boolean boundsItself() {
    return false;
  }
}
