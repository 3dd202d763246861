package dev.resilience.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How a read goes on: with what is stored, or as a waiter for a load. */
final class Reads<K, V extends @Nullable Object> {

  private final ExpiryConfig config;
  private final Store<K, V> store;
  private final InFlightLoads<K, V> loads;
  private final LoadCounters counters;
  private final CacheListener listener;
  private final CancellableContext life;
  private final int parallelLoads;

  Reads(
      ExpiryConfig config,
      Store<K, V> store,
      InFlightLoads<K, V> loads,
      LoadCounters counters,
      CacheListener listener,
      CancellableContext life,
      int parallelLoads) {
    this.config = config;
    this.store = store;
    this.loads = loads;
    this.counters = counters;
    this.listener = listener;
    this.life = life;
    this.parallelLoads = parallelLoads;
  }

  /** The hit: nothing here may cost. */
  @Nullable Entry<V> read(Context ctx, K key) {
    if (ctx.isCancelled()) {
      throw ctx.toException();
    }
    if (store.isClosed()) {
      throw refusal();
    }
    return store.entries.getIfPresent(key);
  }

  CacheClosedException refusal() {
    return new CacheClosedException(config.cache() + ": the cache is closed: " + life.cause());
  }

  @Nullable V fresh(@Nullable Entry<V> entry) {
    if (entry == null) {
      return null;
    }
    if (entry.isPlain() || entry.isFresh(config.now())) {
      return entry.value();
    }
    counters.useless.increment();
    return null;
  }

  Cached<V> fetch(Context ctx, K key, @Nullable Entry<V> entry, LoadStarter<K, V> load) {
    Cached<V> served = serve(ctx, key, entry, load);
    if (served != null) {
      return served;
    }
    ctx.throwIfDone();
    BlockingWaiter<V> waiter = new BlockingWaiter<>(ctx);
    loads.join(waiter, ctx, key, load, true);
    return answer(key, waiter.await(ctx));
  }

  <R> CompletionStage<R> fetchAsync(
      Context ctx, K key, LoadStarter<K, V> load, Function<Cached<V>, R> result) {
    try {
      Cached<V> served = serve(ctx, key, read(ctx, key), load);
      if (served != null) {
        return CompletableFuture.completedFuture(result.apply(served));
      }
      ctx.throwIfDone();
      StageWaiter<V, R> waiter =
          new StageWaiter<>(ctx, outcome -> result.apply(answer(key, outcome)));
      loads.join(waiter, ctx, key, load, true);
      return waiter.bindTo(ctx);
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  /** Takes what there is and begins to load the rest, so many at once as the cache allows. */
  BatchFetch<K, V> fetchAll(Context ctx, Iterable<? extends K> keys, LoadStarter<K, V> load) {
    ctx.throwIfDone();
    BatchFetch<K, V> batch =
        new BatchFetch<>(
            ctx,
            load.parallel(parallelLoads),
            this::answer,
            (waiter, key, byCaller) -> loads.join(waiter, ctx, key, load, byCaller));
    for (K key : keys) {
      if (batch.has(key)) {
        continue;
      }
      try {
        Cached<V> served = serve(ctx, key, read(ctx, key), load);
        if (served == null) {
          batch.expect(key);
        } else {
          batch.found(key, served.value());
        }
      } catch (LoadException remembered) {
        batch.failed(key, remembered);
      }
    }
    batch.begin();
    return batch;
  }

  /**
   * What can be had without waiting; starts a load in the background where one is due.
   *
   * @return null: it has to be loaded
   */
  private @Nullable Cached<V> serve(
      Context ctx, K key, @Nullable Entry<V> entry, LoadStarter<K, V> load) {
    if (entry == null) {
      return null;
    }
    long now = config.now();
    if (entry.isFresh(now)) {
      if (entry.remembered != null) {
        throw new LoadException(config.cache(), entry.remembered);
      }
      if (!entry.isSettled(now) && !entry.isPausing(now)) {
        loads.refresh(ctx, key, load);
      }
      return entry.at(now, Freshness.FRESH);
    }
    boolean pausing = entry.isPausing(now);
    if (entry.mayBeServedWhileRevalidating(now)) {
      if (!pausing) {
        loads.refresh(ctx, key, load);
      }
      return stale(key, entry, now, pausing ? Freshness.LOAD_FAILED : Freshness.REVALIDATING);
    }
    if (pausing && entry.mayBeServedOnError(now)) {
      return stale(key, entry, now, Freshness.LOAD_FAILED);
    }
    counters.useless.increment();
    return null;
  }

  private Cached<V> stale(K key, Entry<V> entry, long now, Freshness freshness) {
    Cached<V> cached = entry.at(now, freshness);
    counters.staleServed.increment();
    listener.on(new CacheEvent.StaleServed(config.cache(), key, cached.age(), freshness));
    return cached;
  }

  private Cached<V> answer(K key, Outcome<V> outcome) {
    long now = config.now();
    if (outcome instanceof Outcome.Success<V> loaded) {
      return loaded.entry().at(now, Freshness.FRESH);
    }
    if (outcome instanceof Outcome.Failed<V> failed) {
      Entry<V> old = failed.stale();
      if (old == null) {
        throw failure(failed);
      }
      return old.isFresh(now)
          ? old.at(now, Freshness.FRESH)
          : stale(key, old, now, Freshness.LOAD_FAILED);
    }
    throw refusal();
  }

  private LoadException failure(Outcome.Failed<V> failed) {
    LoadException failure = new LoadException(config.cache(), failed.cause());
    if (failed.broken() != null) {
      failure.addSuppressed(failed.broken());
    }
    return failure;
  }
}
