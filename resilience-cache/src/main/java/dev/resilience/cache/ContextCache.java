package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.stats.CacheStats;
import dev.resilience.context.Context;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A cache in which many callers share one load, and each waits for itself.
 *
 * <pre>{@code
 * var users = ContextCache.<UserId, User>builder("users", app)
 *     .caffeine(Caffeine.newBuilder().maximumSize(10_000).recordStats())
 *     .expireAfterWrite(ofMinutes(10))
 *     .refreshAfter(ofMinutes(8))
 *     .staleIfError(ofHours(1))
 *     .loadLimit(ofSeconds(3))
 *     .build();
 *
 * User user = users.getOrFetch(ctx, id, (c, key) -> api.user(c, key));
 * CompletionStage<User> later = users.getOrFetchAsync(ctx, id, (c, key) -> api.userAsync(c, key));
 * }</pre>
 *
 * <h2>One flight, private waiters</h2>
 *
 * However many callers ask for a key, there is one load for it at a time. It runs under a context
 * of its own: with the values of the caller who came first (and those of the cache's owner, for
 * keys that this caller has no value for), with nobody's deadline and nobody's cancellation, and
 * with a limit of its own. A caller waits as long as its own context lives, and leaves alone. When
 * the last one has left, the load is cancelled. A load that fails gives each of its waiters a
 * {@link LoadException} of its own, and is not remembered, unless the builder was told to.
 *
 * <p>Loaders that block run on the executor of the time source, one thread each (a virtual one
 * where the JVM has them): on the thread of the caller who came first, a load could not outlive
 * that caller.
 *
 * <h2>Setting and deleting during a load</h2>
 *
 * What is set or deleted wins: a load that began before is not stored. Its waiters get its value;
 * who asks later does not, and waits for a second load, which begins when the first is over.
 *
 * <h2>The end</h2>
 *
 * The cache lives as long as its owner, or until {@link #close}. Then all loads are cancelled, all
 * entries let go, and every operation is refused with a {@link CacheClosedException}.
 *
 * <h2>Thread-safety, memory effects and cost</h2>
 *
 * Thread-safe. What a loader did before it returned <em>happens-before</em> the return of a read
 * that brings its value; what a caller did before it started a load happens-before that load.
 *
 * <p>A hit costs Caffeine's and a look whether the caller was cancelled; it reads no clock but the
 * one that Caffeine reads to see whether the entry has expired, and allocates nothing. So a caller
 * whose deadline has passed unnoticed still gets its hit. A load costs about a microsecond and the
 * way to another thread.
 *
 * <p>Callers and owner must be on the same time source; others are refused with an {@link
 * IllegalArgumentException} when it comes to a load.
 *
 * @param <K> the keys, with {@code equals} and {@code hashCode}
 * @param <V> the values; say {@code @Nullable} where loaders may return null for "there is none"
 */
public final class ContextCache<K, V extends @Nullable Object> implements AutoCloseable {

  private final Terms terms;
  private final Store<K, V> store;
  private final Flights<K, V> flights;
  private final CacheListener listener;

  ContextCache(Terms terms, Store<K, V> store, Flights<K, V> flights, CacheListener listener) {
    this.terms = terms;
    this.store = store;
    this.flights = flights;
    this.listener = listener;
  }

  /**
   * A builder.
   *
   * @param name for messages and figures, not blank
   * @param owner the cache ends with it; it also says whose time it is
   */
  public static <K, V extends @Nullable Object> ContextCacheBuilder<K, V> builder(
      String name, Context owner) {
    return new ContextCacheBuilder<>(name, owner);
  }

  // ---- reading what is there

  /**
   * The value of a key, if there is a fresh one.
   *
   * @return null: none, or it is known that there is none
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended, by a deadline only as
   *     far as somebody has noticed
   * @throws CacheClosedException if the cache is closed
   */
  public @Nullable V get(Context ctx, K key) {
    Entry<V> entry = read(ctx, key);
    if (entry == null) {
      return null;
    }
    if (entry.isPlain() || entry.isFresh(terms.now())) {
      return entry.value();
    }
    flights.counters.useless.increment();
    return null;
  }

  /**
   * What is there for a key, fresh or stale. Starts no load.
   *
   * @return null: nothing
   * @throws dev.resilience.context.ContextException as {@link #get}
   * @throws CacheClosedException if the cache is closed
   */
  public @Nullable Cached<V> find(Context ctx, K key) {
    Entry<V> entry = read(ctx, key);
    if (entry == null || entry.remembered != null) {
      return null;
    }
    long now = terms.now();
    return entry.at(now, entry.freshnessAt(now));
  }

  /**
   * The fresh values of several keys, in their order; keys without one are left out.
   *
   * @throws dev.resilience.context.ContextException as {@link #get}
   * @throws CacheClosedException if the cache is closed
   */
  public Map<K, V> getAll(Context ctx, Iterable<? extends K> keys) {
    Map<K, V> found = new LinkedHashMap<>();
    for (K key : keys) {
      V value = get(ctx, key);
      if (value != null) {
        found.put(key, value);
      }
    }
    return found;
  }

  // ---- reading what may have to be loaded

  /**
   * The value of a key, loaded if need be. May be stale as far as the builder allows; {@link
   * #getOrFetchCached} tells.
   *
   * @param loader called at most once, and not at all if the value is there or on its way
   * @throws dev.resilience.context.ContextException if {@code ctx} ends before the value is there
   * @throws LoadException if the load fails
   * @throws CacheClosedException if the cache is closed, or is being closed before the value is
   *     there
   * @throws IllegalStateException if a loader asks, under its own context, for a key whose load
   *     waits for that loader
   * @throws dev.resilience.error.CallInterruptedException if this thread is interrupted while it
   *     waits
   */
  public V getOrFetch(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    Entry<V> entry = read(ctx, key);
    if (entry != null && entry.isPlain()) {
      return entry.value();
    }
    return fetch(ctx, key, entry, loader).value();
  }

  /**
   * As {@link #getOrFetch}, and says how old the value is, whether it is stale, and why.
   *
   * @param loader as there
   */
  public Cached<V> getOrFetchCached(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    return fetch(ctx, key, read(ctx, key), loader);
  }

  /**
   * As {@link #getOrFetch}, without waiting. The stage fails with the raw failure, and completes at
   * once when {@code ctx} ends. To cancel its future is to leave as well.
   *
   * <p>The dependents of the stage run on the thread that ended the load, those of one caller after
   * those of another; hand long ones to an executor.
   *
   * @param loader called at most once
   * @return never fails to come: what {@link #getOrFetch} throws, the stage fails with
   */
  public CompletionStage<V> getOrFetchAsync(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    return fetchAsync(ctx, key, loader, Cached::value);
  }

  /**
   * As {@link #getOrFetchAsync}, and says how old the value is, whether it is stale, and why.
   *
   * @param loader as there
   */
  public CompletionStage<Cached<V>> getOrFetchCachedAsync(
      Context ctx, K key, AsyncLoader<? super K, V> loader) {
    return fetchAsync(ctx, key, loader, cached -> cached);
  }

  /**
   * The values of several keys, loaded side by side if need be; as many as there are when the
   * deadline of {@code ctx} passes. To have time left for the answer, give a part of it: {@code
   * cache.fetchAll(ctx.withTimeout(part), ...)}.
   *
   * @param keys each once
   * @param loader called at most once for each key
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended before, or is
   *     cancelled
   * @throws CacheClosedException if the cache is closed
   */
  public Fetched<K, V> fetchAll(
      Context ctx, Iterable<? extends K> keys, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    Harvest<K, V> harvest = new Harvest<>(ctx);
    gather(harvest, ctx, keys, new BlockingLoad<>(loader));
    return harvest.await();
  }

  /**
   * As {@link #fetchAll}, without waiting.
   *
   * @param keys each once
   * @param loader called at most once for each key
   */
  public CompletionStage<Fetched<K, V>> fetchAllAsync(
      Context ctx, Iterable<? extends K> keys, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    try {
      Harvest<K, V> harvest = new Harvest<>(ctx);
      gather(harvest, ctx, keys, new StageLoad<>(loader));
      return harvest.stage();
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  // ---- writing

  /**
   * Sets a value, with the time to live of the cache.
   *
   * @param value not null
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws CacheClosedException if the cache is closed
   */
  public void set(Context ctx, K key, V value) {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(key, "key");
    check(ctx);
    flights.supersede(key);
    store.set(key, Entry.of(value, terms));
  }

  /**
   * Sets a value with a time to live of its own, which is not shortened by jitter.
   *
   * @param value not null
   * @param timeToLive positive
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws CacheClosedException if the cache is closed
   */
  public void set(Context ctx, K key, V value, Duration timeToLive) {
    Objects.requireNonNull(value, "value");
    long nanos = ContextCacheBuilder.positive(timeToLive, "timeToLive");
    Objects.requireNonNull(key, "key");
    check(ctx);
    flights.supersede(key);
    store.set(key, Entry.of(value, terms, nanos));
  }

  /**
   * Removes a key. A load for it that is under way will not be stored.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws CacheClosedException if the cache is closed
   */
  public void delete(Context ctx, K key) {
    Objects.requireNonNull(key, "key");
    check(ctx);
    flights.supersede(key);
    store.entries.invalidate(key);
  }

  /**
   * Removes all keys. Loads that are under way will not be stored.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended
   * @throws CacheClosedException if the cache is closed
   */
  public void clear(Context ctx) {
    check(ctx);
    flights.supersedeAll();
    store.entries.invalidateAll();
  }

  // ---- the rest

  /** The name given to the builder. */
  public String name() {
    return terms.cache();
  }

  /** The figures as they are now. Also for a closed cache. */
  public CacheSnapshot snapshot() {
    CacheStats raw = store.entries.stats();
    Counters counted = flights.counters;
    long useless = Math.min(counted.useless.sum(), raw.hitCount());
    CacheStats stats =
        CacheStats.of(
            raw.hitCount() - useless,
            raw.missCount() + useless,
            counted.loads.sum(),
            counted.failures.sum(),
            counted.loadNanos.sum(),
            raw.evictionCount(),
            raw.evictionWeight());
    return new CacheSnapshot(
        terms.cache(),
        stats,
        store.entries.estimatedSize(),
        flights.count(),
        flights.waiting(),
        counted.callersLeft.sum(),
        counted.abandoned.sum(),
        counted.discarded.sum(),
        counted.leftBehind.sum(),
        counted.refreshes.sum(),
        counted.staleServed.sum());
  }

  /** Cancels all loads, lets go of all entries, and refuses every operation from now on. */
  @Override
  public void close() {
    flights.life.close();
  }

  @Override
  public String toString() {
    return "cache '" + terms.cache() + "'";
  }

  // ---- how a read goes on

  /** The hit: nothing here may cost. */
  private @Nullable Entry<V> read(Context ctx, K key) {
    if (ctx.isCancelled()) {
      throw ctx.toException();
    }
    if (store.isClosed()) {
      throw refusal();
    }
    return store.entries.getIfPresent(key);
  }

  private void check(Context ctx) {
    ctx.throwIfDone();
    if (store.isClosed()) {
      throw refusal();
    }
  }

  private CacheClosedException refusal() {
    Throwable cause = flights.life.cause();
    return new CacheClosedException(terms.cache() + ": the cache is closed: " + cause);
  }

  private Cached<V> fetch(
      Context ctx, K key, @Nullable Entry<V> entry, Loader<? super K, ? extends V> loader) {
    Work<K, V> work = new BlockingLoad<>(loader);
    Cached<V> served = serve(ctx, key, entry, work);
    if (served != null) {
      return served;
    }
    ctx.throwIfDone();
    BlockingWaiter<V> waiter = new BlockingWaiter<>(ctx);
    flights.join(waiter, ctx, key, work);
    return answer(key, waiter.await(ctx));
  }

  private <R> CompletionStage<R> fetchAsync(
      Context ctx, K key, AsyncLoader<? super K, V> loader, Function<Cached<V>, R> result) {
    Objects.requireNonNull(loader, "loader");
    try {
      Work<K, V> work = new StageLoad<>(loader);
      Cached<V> served = serve(ctx, key, read(ctx, key), work);
      if (served != null) {
        return CompletableFuture.completedFuture(result.apply(served));
      }
      ctx.throwIfDone();
      StageWaiter<V, R> waiter =
          new StageWaiter<>(ctx, outcome -> result.apply(answer(key, outcome)));
      flights.join(waiter, ctx, key, work);
      return waiter.bindTo(ctx);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
  }

  private void gather(
      Harvest<K, V> harvest, Context ctx, Iterable<? extends K> keys, Work<K, V> work) {
    ctx.throwIfDone();
    try {
      for (K key : keys) {
        if (harvest.has(key)) {
          continue;
        }
        Cached<V> served;
        try {
          served = serve(ctx, key, read(ctx, key), work);
        } catch (LoadException remembered) {
          harvest.failed(key, remembered);
          continue;
        }
        if (served != null) {
          harvest.found(key, served.value());
        } else {
          flights.join(harvest.expect(key, outcome -> answer(key, outcome)), ctx, key, work);
        }
      }
    } catch (Throwable refused) {
      harvest.giveUp();
      throw refused;
    }
  }

  /**
   * What can be had without waiting; starts a load in the background where one is due.
   *
   * @return null: it has to be loaded
   */
  private @Nullable Cached<V> serve(Context ctx, K key, @Nullable Entry<V> entry, Work<K, V> work) {
    if (entry == null) {
      return null;
    }
    long now = terms.now();
    if (entry.isFresh(now)) {
      if (entry.remembered != null) {
        throw new LoadException(terms.cache(), entry.remembered);
      }
      if (!entry.isSettled(now) && !entry.isPausing(now)) {
        flights.refresh(ctx, key, work);
      }
      return entry.at(now, Freshness.FRESH);
    }
    boolean pausing = entry.isPausing(now);
    if (entry.mayBeServedWhileRevalidating(now)) {
      if (!pausing) {
        flights.refresh(ctx, key, work);
      }
      return stale(key, entry, now, pausing ? Freshness.LOAD_FAILED : Freshness.REVALIDATING);
    }
    if (pausing && entry.mayBeServedOnError(now)) {
      return stale(key, entry, now, Freshness.LOAD_FAILED);
    }
    flights.counters.useless.increment();
    return null;
  }

  private Cached<V> stale(K key, Entry<V> entry, long now, Freshness freshness) {
    Cached<V> cached = entry.at(now, freshness);
    flights.counters.staleServed.increment();
    listener.on(new CacheEvent.StaleServed(terms.cache(), key, cached.age(), freshness));
    return cached;
  }

  private Cached<V> answer(K key, Outcome<V> outcome) {
    long now = terms.now();
    if (outcome instanceof Outcome.Loaded<V> loaded) {
      return loaded.entry().at(now, Freshness.FRESH);
    }
    if (outcome instanceof Outcome.Failed<V> failed) {
      Entry<V> old = failed.stale();
      if (old == null) {
        throw new LoadException(terms.cache(), failed.cause());
      }
      return old.isFresh(now)
          ? old.at(now, Freshness.FRESH)
          : stale(key, old, now, Freshness.LOAD_FAILED);
    }
    throw refusal();
  }
}
