package dev.resilience.cache;

import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** The two ways to ask a cache, for scenarios that have to come out alike. */
enum CallStyle {
  BLOCKING {
    @Override
    <K, V> Cached<V> fetchCached(
        ContextCache<K, V> cache, Context ctx, K key, Loader<K, V> loader) {
      return cache.getOrFetchCached(ctx, key, loader);
    }
  },
  /** With a stage, for which the calling thread waits, and a loader that works elsewhere. */
  ASYNC {
    @Override
    <K, V> Cached<V> fetchCached(ContextCache<K, V> cache, Context ctx, K key, Loader<K, V> loader)
        throws InterruptedException {
      var stage = cache.getOrFetchCachedAsync(ctx, key, staged(loader));
      try {
        return Context.background(ctx.timeSource()).await(stage);
      } catch (ExecutionException failed) {
        throw CallStyle.<RuntimeException>raw(failed.getCause());
      }
    }
  };

  abstract <K, V> Cached<V> fetchCached(
      ContextCache<K, V> cache, Context ctx, K key, Loader<K, V> loader)
      throws InterruptedException;

  <K, V> V fetch(ContextCache<K, V> cache, Context ctx, K key, Loader<K, V> loader)
      throws InterruptedException {
    return fetchCached(cache, ctx, key, loader).value();
  }

  static <K, V> AsyncLoader<K, V> staged(Loader<K, V> loader) {
    return (ctx, key) -> {
      CompletableFuture<V> result = new CompletableFuture<>();
      ctx.timeSource().executor().execute(() -> load(ctx, key, loader, result));
      CompletionStage<V> stage = result;
      return stage;
    };
  }

  private static <K, V> void load(
      Context ctx, K key, Loader<K, V> loader, CompletableFuture<V> result) {
    try {
      result.complete(ctx.<V, Exception>interruptibly(() -> loader.load(ctx, key)));
    } catch (Throwable failure) {
      result.completeExceptionally(failure);
    }
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> X raw(Throwable failure) throws X {
    throw (X) failure;
  }
}
