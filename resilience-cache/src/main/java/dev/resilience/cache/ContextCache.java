package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A cache in which many callers share one load, and each waits for itself.
 *
 * <pre>{@code
 * var users = ContextCache.<UserId, User>builder("users")
 *     .caffeine(Caffeine.newBuilder().maximumSize(10_000).recordStats())
 *     .expireAfterWrite(ofMinutes(10))
 *     .refreshAfter(ofMinutes(8))
 *     .staleIfError(ofHours(1))
 *     .loadTimeout(ofSeconds(3))
 *     .open(app);
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
 * with a time-out of its own. A caller waits as long as its own context lives, and leaves alone.
 * When the last one has left, the load is cancelled. A load that fails gives each of its waiters a
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

  private final ExpiryConfig config;
  private final Store<K, V> store;
  private final InFlightLoads<K, V> loads;
  private final LoadCounters counters;
  private final Reads<K, V> reads;
  private final CancellableContext life;

  private ContextCache(
      ExpiryConfig config,
      Store<K, V> store,
      InFlightLoads<K, V> loads,
      LoadCounters counters,
      Reads<K, V> reads,
      CancellableContext life) {
    this.config = config;
    this.store = store;
    this.loads = loads;
    this.counters = counters;
    this.reads = reads;
    this.life = life;
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages and figures, not blank
   */
  public static <K, V extends @Nullable Object> Builder<K, V> builder(String name) {
    return new Builder<>(name);
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
    return reads.fresh(reads.read(ctx, key));
  }

  /**
   * What is there for a key, fresh or stale. Starts no load.
   *
   * @return null: nothing
   * @throws dev.resilience.context.ContextException as {@link #get}
   * @throws CacheClosedException if the cache is closed
   */
  public @Nullable Cached<V> find(Context ctx, K key) {
    Entry<V> entry = reads.read(ctx, key);
    if (entry == null || entry.remembered != null) {
      return null;
    }
    long now = config.now();
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
    Entry<V> entry = reads.read(ctx, key);
    if (entry != null && entry.isPlain()) {
      return entry.value();
    }
    return reads.fetch(ctx, key, entry, new BlockingLoad<>(loader)).value();
  }

  /**
   * As {@link #getOrFetch(Context, Object, Loader)}, loaded together with other keys.
   *
   * @param loader asked at most once
   */
  public V getOrFetch(Context ctx, K key, BatchLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    Entry<V> entry = reads.read(ctx, key);
    if (entry != null && entry.isPlain()) {
      return entry.value();
    }
    return reads.fetch(ctx, key, entry, new StageLoad<>(loader)).value();
  }

  /**
   * As {@link #getOrFetch(Context, Object, Loader)}, and says how old the value is, whether it is
   * stale, and why.
   *
   * @param loader as there
   */
  public Cached<V> getOrFetchCached(Context ctx, K key, Loader<? super K, ? extends V> loader) {
    Objects.requireNonNull(loader, "loader");
    return reads.fetch(ctx, key, reads.read(ctx, key), new BlockingLoad<>(loader));
  }

  /**
   * As {@link #getOrFetch(Context, Object, Loader)}, without waiting. The stage fails with the raw
   * failure, and completes at once when {@code ctx} ends. To cancel its future is to leave as well.
   *
   * <p>The dependents of the stage run on the thread that ended the load, those of one caller after
   * those of another; hand long ones to an executor.
   *
   * @param loader called at most once
   * @return never fails to come: what {@link #getOrFetch(Context, Object, Loader)} throws, the
   *     stage fails with
   */
  public CompletionStage<V> getOrFetchAsync(Context ctx, K key, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    return reads.fetchAsync(ctx, key, new StageLoad<>(loader), Cached::value);
  }

  /**
   * As {@link #getOrFetchAsync}, and says how old the value is, whether it is stale, and why.
   *
   * @param loader as there
   */
  public CompletionStage<Cached<V>> getOrFetchCachedAsync(
      Context ctx, K key, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    return reads.fetchAsync(ctx, key, new StageLoad<>(loader), cached -> cached);
  }

  /**
   * The values of several keys, loaded side by side if need be, so many at once as the builder
   * allows; as many as there are when the deadline of {@code ctx} passes. To have time left for the
   * answer, give a part of it: {@code cache.fetchAll(ctx.withTimeout(part), ...)}.
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
    return reads.fetchAll(ctx, keys, new BlockingLoad<>(loader)).await();
  }

  /**
   * As {@link #fetchAll(Context, Iterable, Loader)}, with few calls for many keys.
   *
   * @param keys each once
   * @param loader asked at most once for each key
   */
  public Fetched<K, V> fetchAll(
      Context ctx, Iterable<? extends K> keys, BatchLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    return reads.fetchAll(ctx, keys, new StageLoad<>(loader)).await();
  }

  /**
   * As {@link #fetchAll(Context, Iterable, Loader)}, without waiting.
   *
   * @param keys each once
   * @param loader called at most once for each key
   */
  public CompletionStage<Fetched<K, V>> fetchAllAsync(
      Context ctx, Iterable<? extends K> keys, AsyncLoader<? super K, V> loader) {
    Objects.requireNonNull(loader, "loader");
    try {
      return reads.fetchAll(ctx, keys, new StageLoad<>(loader)).stage();
    } catch (Throwable refused) {
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
    loads.supersede(key);
    store.set(key, Entry.of(value, config));
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
    long nanos = Builder.positive(timeToLive, "timeToLive");
    Objects.requireNonNull(key, "key");
    check(ctx);
    loads.supersede(key);
    store.set(key, Entry.of(value, config, nanos));
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
    loads.supersede(key);
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
    loads.supersedeAll();
    store.entries.invalidateAll();
  }

  // ---- the rest

  /** The name given to the builder. */
  public String name() {
    return config.cache();
  }

  /** The figures as they are now. Also for a closed cache. */
  public CacheSnapshot snapshot() {
    CacheStats raw = store.entries.stats();
    long useless = Math.min(counters.useless.sum(), raw.hitCount());
    CacheStats stats =
        CacheStats.of(
            raw.hitCount() - useless,
            raw.missCount() + useless,
            counters.loads.sum(),
            counters.failures.sum(),
            counters.loadNanos.sum(),
            raw.evictionCount(),
            raw.evictionWeight());
    return new CacheSnapshot(
        config.cache(),
        stats,
        store.entries.estimatedSize(),
        loads.count(),
        loads.waiting(),
        counters.callersLeft.sum(),
        counters.abandoned.sum(),
        counters.discarded.sum(),
        counters.leftBehind.sum(),
        counters.refreshes.sum(),
        counters.staleServed.sum());
  }

  /** Cancels all loads, lets go of all entries, and refuses every operation from now on. */
  @Override
  public void close() {
    life.close();
  }

  @Override
  public String toString() {
    return "cache '" + config.cache() + "'";
  }

  private void check(Context ctx) {
    ctx.throwIfDone();
    if (store.isClosed()) {
      throw reads.refusal();
    }
  }

  /**
   * Builds a {@link ContextCache}. Not thread-safe.
   *
   * <p>Without any setting: 10,000 entries that do not expire, loads of 10 s at most, and nothing
   * stale, absent or failed is kept.
   *
   * @param <K> the keys
   * @param <V> the values
   */
  public static final class Builder<K, V extends @Nullable Object> {

    private static final String NOT_HERE =
        " (expected: a builder that nobody has used, with strong keys and values, and without"
            + " expiry, refresh, ticker, executor and scheduler, which are the cache's own)";

    private final String name;
    private Caffeine<? super K, ? super Cached<V>> caffeine =
        Caffeine.newBuilder().maximumSize(10_000);
    private long freshFor = TimeSource.MAX_AHEAD;
    private @Nullable BiFunction<? super K, ? super V, Duration> freshForValue;
    private double jitter = 0.1;
    private long refreshAfter = TimeSource.MAX_AHEAD;
    private long staleWhileRevalidate;
    private long staleIfError;
    private long absentFor;
    private long failureFor;
    private Predicate<? super Throwable> remembered = failure -> false;
    private long pause = 1_000_000_000L;
    private Duration timeout = Duration.ofSeconds(10);
    private int parallelLoads = 64;
    private boolean finishesAlone;
    private CacheListener listener = CacheListener.none();

    private Builder(String name) {
      this.name = SafeText.name(name);
    }

    /**
     * What Caffeine configures: maximum size or weight, weigher, removal and eviction listeners,
     * {@code recordStats}. A weigher and a listener see a {@link Cached}; they run where Caffeine
     * runs them, and its listener also hears of stale entries that are replaced. A weigher must not
     * use the cache. Absence and failures that are remembered are weighed like values: {@code
     * value()} is null then.
     *
     * @param builder used up by this. Not with weak or soft references, expiry, refresh, ticker,
     *     executor or scheduler: refused by {@link #open}. Default: a maximum size of 10,000
     */
    public Builder<K, V> caffeine(Caffeine<? super K, ? super Cached<V>> builder) {
      caffeine = Objects.requireNonNull(builder, "caffeine");
      return this;
    }

    /**
     * The time to live of a value that was loaded, or set without one of its own.
     *
     * @param time positive. Default: for ever
     */
    public Builder<K, V> expireAfterWrite(Duration time) {
      freshFor = positive(time, "expireAfterWrite");
      return this;
    }

    /**
     * The time to live of each value that is loaded, by the value itself: a token knows when it
     * expires. Not shortened by jitter, and never longer than {@link #expireAfterWrite(Duration)}.
     *
     * @param timeToLive called once for each value that is loaded, if it is not null; zero or less:
     *     the value is handed out and not kept. If it throws, the load has failed
     */
    public Builder<K, V> expireAfterWrite(BiFunction<? super K, ? super V, Duration> timeToLive) {
      freshForValue = Objects.requireNonNull(timeToLive, "timeToLive");
      return this;
    }

    /**
     * By how much a time to live may be shortened, at random, so that what was loaded at one moment
     * does not expire at one moment. The time after which to refresh is shortened with it.
     *
     * @param share at least 0 and less than 1. Default: 0.1
     */
    public Builder<K, V> expiryJitter(double share) {
      if (!(share >= 0 && share < 1)) {
        throw new IllegalArgumentException("expiryJitter: " + share + " (expected: >= 0 and < 1)");
      }
      jitter = share;
      return this;
    }

    /**
     * From which age on a read starts a load in the background, and is served the present value.
     * For keys in use this keeps callers from ever waiting.
     *
     * @param time positive and less than the time to live. Default: never
     */
    public Builder<K, V> refreshAfter(Duration time) {
      refreshAfter = positive(time, "refreshAfter");
      return this;
    }

    /**
     * How long past its time to live a value is still served, marked {@link
     * Freshness#REVALIDATING}, while a load runs in the background (RFC 5861).
     *
     * @param time not negative. Default: 0
     */
    public Builder<K, V> staleWhileRevalidate(Duration time) {
      staleWhileRevalidate = notNegative(time, "staleWhileRevalidate");
      return this;
    }

    /**
     * How long past its time to live a value is still served, marked {@link Freshness#LOAD_FAILED},
     * when the load of a new one fails or times out (RFC 5861).
     *
     * @param time not negative. Default: 0
     */
    public Builder<K, V> staleIfError(Duration time) {
      staleIfError = notNegative(time, "staleIfError");
      return this;
    }

    /**
     * How long a failed load keeps further ones away from a key that still has a value to serve.
     *
     * @param time not negative. Default: 1 s
     */
    public Builder<K, V> pauseAfterFailure(Duration time) {
      pause = notNegative(time, "pauseAfterFailure");
      return this;
    }

    /**
     * How long it is remembered that there is no value, when a loader returns null.
     *
     * @param time not negative. Default: 0, the next caller asks again
     */
    public Builder<K, V> rememberAbsence(Duration time) {
      absentFor = notNegative(time, "rememberAbsence");
      return this;
    }

    /**
     * Remembers failures: until the time is up, callers get a {@link LoadException} at once. An
     * {@link Error} is never remembered, and a stale value goes before.
     *
     * @param time positive. Default: failures are not remembered
     * @param which called with what the loader threw. Be narrow: "no such user" is an answer, "no
     *     connection" is not
     */
    public Builder<K, V> rememberFailures(Duration time, Predicate<? super Throwable> which) {
      failureFor = positive(time, "rememberFailures");
      remembered = Objects.requireNonNull(which, "which");
      return this;
    }

    /**
     * Time-out of a load. Callers with less time leave earlier; those with more get a {@link
     * LoadException}.
     *
     * @param timeout positive. Default: 10 s
     */
    public Builder<K, V> loadTimeout(Duration timeout) {
      positive(timeout, "loadTimeout");
      this.timeout = timeout;
      return this;
    }

    /**
     * Maximum number of loads that one {@code fetchAll} has under way at once; further keys wait
     * for their turn, and their time-out begins when their load does. A {@link BatchLoader} has a
     * bound of its own instead.
     *
     * @param loads at least 1. Default: 64
     */
    public Builder<K, V> maxParallelLoads(int loads) {
      parallelLoads = Arguments.requireAtLeastOne(loads, "maxParallelLoads");
      return this;
    }

    /**
     * Lets a load go on, within its time-out, and stores what it brings when the last caller has
     * left; for loads that are worth it. Default: it is cancelled
     */
    public Builder<K, V> finishAbandonedLoads() {
      finishesAlone = true;
      return this;
    }

    /** Hears of loads and stale values. Default: nobody. */
    public Builder<K, V> listener(CacheListener newListener) {
      listener = CacheListener.contained(newListener);
      return this;
    }

    /**
     * Opens the cache, empty. It lives until its owner ends or it is closed.
     *
     * @param owner its values are those of loads whose callers have none; its time source is the
     *     cache's
     * @throws IllegalArgumentException if the builder of Caffeine sets what it must not, or {@code
     *     refreshAfter} is not less than the time to live
     */
    public ContextCache<K, V> open(Context owner) {
      Objects.requireNonNull(owner, "owner");
      requireRefreshBeforeExpiry();
      TimeSource time = owner.timeSource();
      ExpiryConfig config =
          new ExpiryConfig(
              name,
              time,
              freshFor,
              jitter,
              refreshAfter,
              staleWhileRevalidate,
              staleIfError,
              absentFor,
              failureFor,
              pause);
      Maintenance maintenance = new Maintenance(time);
      Store<K, V> store = new Store<>(entries(time, maintenance));
      LoadCounters counters = new LoadCounters();
      @SuppressWarnings("MustBeClosed") // closed by the cache
      CancellableContext life = owner.withCancel();
      LoadRules<K, V> rules =
          new LoadRules<>(config, freshForValue, remembered, store, counters, listener);
      InFlightLoads<K, V> loads =
          new InFlightLoads<>(rules, life, timeout, finishesAlone, counters);
      Reads<K, V> reads =
          new Reads<>(config, store, loads, counters, listener, life, parallelLoads);
      life.onDone(
          () -> {
            store.close();
            maintenance.close();
          });
      return new ContextCache<>(config, store, loads, counters, reads, life);
    }

    private void requireRefreshBeforeExpiry() {
      if (refreshAfter != TimeSource.MAX_AHEAD && refreshAfter >= freshFor) {
        throw new IllegalArgumentException(
            "refreshAfter: "
                + DurationText.of(Duration.ofNanos(refreshAfter))
                + " (expected: < "
                + DurationText.of(Duration.ofNanos(freshFor))
                + ", the time to live)");
      }
    }

    private Cache<K, Entry<V>> entries(TimeSource time, Maintenance maintenance) {
      String settings = caffeine.toString();
      if (settings.contains("Strength=")) {
        // An entry is known to nobody but the cache, so it would be collected at once.
        throw new IllegalArgumentException("caffeine: " + settings + NOT_HERE);
      }
      try {
        return caffeine
            .ticker(ticker(time))
            .executor(executor(time))
            .scheduler(maintenance)
            .<K, Entry<V>>expireAfter(expiry())
            .build();
      } catch (IllegalStateException conflict) {
        throw new IllegalArgumentException("caffeine: " + settings + NOT_HERE, conflict);
      }
    }

    /** An entry without refresh and staleness is gone as soon as it is due. */
    private EntryExpiry<K, V> expiry() {
      boolean keptWhenDue =
          refreshAfter != TimeSource.MAX_AHEAD || staleWhileRevalidate > 0 || staleIfError > 0;
      return keptWhenDue ? new EntryExpiry.Marking<>() : new EntryExpiry<>();
    }

    /** Caffeine's own where it is the same clock, which spares each hit a call. */
    private static Ticker ticker(TimeSource time) {
      return time == TimeSource.system() ? Ticker.systemTicker() : time::nanoTime;
    }

    /** Nothing that a caller could cancel, and no thread a time. */
    private static Executor executor(TimeSource time) {
      return time == TimeSource.system() ? ForkJoinPool.commonPool() : time.executor();
    }

    static long positive(Duration time, String argument) {
      return Durations.toNanos(Durations.requirePositive(time, argument));
    }

    private static long notNegative(Duration time, String argument) {
      return Durations.toNanos(Durations.requireNotNegative(time, argument));
    }
  }
}
