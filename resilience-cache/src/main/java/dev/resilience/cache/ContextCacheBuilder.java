package dev.resilience.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Says what a {@link ContextCache} does. Not thread-safe.
 *
 * <p>Without any setting: 10,000 entries that do not expire, loads of 10 s at most, and nothing
 * stale, absent or failed is kept.
 *
 * @param <K> the keys
 * @param <V> the values
 */
public final class ContextCacheBuilder<K, V extends @Nullable Object> {

  private static final String NOT_HERE =
      " (expected: a builder that nobody has used, with strong keys and values, and without"
          + " expiry, refresh, ticker, executor and scheduler, which are the cache's own)";

  private final String name;
  private final Context owner;
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
  private Duration limit = Duration.ofSeconds(10);
  private boolean finishesAlone;
  private CacheListener listener = CacheListener.none();

  ContextCacheBuilder(String name, Context owner) {
    this.name = Objects.requireNonNull(name, "name");
    this.owner = Objects.requireNonNull(owner, "owner");
    if (name.isBlank()) {
      throw new IllegalArgumentException("name: '" + name + "' (expected: not blank)");
    }
  }

  /**
   * What Caffeine configures: maximum size or weight, weigher, removal and eviction listeners,
   * {@code recordStats}. A weigher and a listener see a {@link Cached}; they run where Caffeine
   * runs them, and its listener also hears of stale entries that are replaced. A weigher must not
   * use the cache.
   *
   * @param builder used up by this. Not with weak or soft references, expiry, refresh, ticker,
   *     executor or scheduler: refused by {@link #build}. Default: a maximum size of 10,000
   */
  public ContextCacheBuilder<K, V> caffeine(Caffeine<? super K, ? super Cached<V>> builder) {
    caffeine = Objects.requireNonNull(builder, "caffeine");
    return this;
  }

  /**
   * The time to live of a value that was loaded, or set without one of its own.
   *
   * @param time positive. Default: for ever
   */
  public ContextCacheBuilder<K, V> expireAfterWrite(Duration time) {
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
  public ContextCacheBuilder<K, V> expireAfterWrite(
      BiFunction<? super K, ? super V, Duration> timeToLive) {
    freshForValue = Objects.requireNonNull(timeToLive, "timeToLive");
    return this;
  }

  /**
   * By how much a time to live may be shortened, at random, so that what was loaded at one moment
   * does not expire at one moment. The time after which to refresh is shortened with it.
   *
   * @param share at least 0 and less than 1. Default: 0.1
   */
  public ContextCacheBuilder<K, V> expiryJitter(double share) {
    if (!(share >= 0 && share < 1)) {
      throw new IllegalArgumentException("expiryJitter: " + share + " (expected: >= 0 and < 1)");
    }
    jitter = share;
    return this;
  }

  /**
   * From which age on a read starts a load in the background, and is served the present value. For
   * keys in use this keeps callers from ever waiting.
   *
   * @param time positive and less than the time to live. Default: never
   */
  public ContextCacheBuilder<K, V> refreshAfter(Duration time) {
    refreshAfter = positive(time, "refreshAfter");
    return this;
  }

  /**
   * How long past its time to live a value is still served, marked {@link Freshness#REVALIDATING},
   * while a load runs in the background (RFC 5861).
   *
   * @param time not negative. Default: 0
   */
  public ContextCacheBuilder<K, V> staleWhileRevalidate(Duration time) {
    staleWhileRevalidate = notNegative(time, "staleWhileRevalidate");
    return this;
  }

  /**
   * How long past its time to live a value is still served, marked {@link Freshness#LOAD_FAILED},
   * when the load of a new one fails or passes its limit (RFC 5861).
   *
   * @param time not negative. Default: 0
   */
  public ContextCacheBuilder<K, V> staleIfError(Duration time) {
    staleIfError = notNegative(time, "staleIfError");
    return this;
  }

  /**
   * How long a failed load keeps further ones away from a key that still has a value to serve.
   *
   * @param time not negative. Default: 1 s
   */
  public ContextCacheBuilder<K, V> pauseAfterFailure(Duration time) {
    pause = notNegative(time, "pauseAfterFailure");
    return this;
  }

  /**
   * How long it is remembered that there is no value, when a loader returns null.
   *
   * @param time not negative. Default: 0, the next caller asks again
   */
  public ContextCacheBuilder<K, V> rememberAbsence(Duration time) {
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
  public ContextCacheBuilder<K, V> rememberFailures(
      Duration time, Predicate<? super Throwable> which) {
    failureFor = positive(time, "rememberFailures");
    remembered = Objects.requireNonNull(which, "which");
    return this;
  }

  /**
   * How long a load may take. Callers with less time leave earlier; those with more get a {@link
   * LoadException}.
   *
   * @param time positive. Default: 10 s
   */
  public ContextCacheBuilder<K, V> loadLimit(Duration time) {
    positive(time, "loadLimit");
    limit = time;
    return this;
  }

  /**
   * Lets a load go on, within its limit, and stores what it brings when the last caller has left;
   * for loads that are worth it. Default: it is cancelled
   */
  public ContextCacheBuilder<K, V> finishAbandonedLoads() {
    finishesAlone = true;
    return this;
  }

  /** Hears of loads and stale values. Default: nobody. */
  public ContextCacheBuilder<K, V> listener(CacheListener newListener) {
    listener = CacheListener.contained(newListener);
    return this;
  }

  /**
   * The cache, empty. It stays with its owner until that ends or the cache is closed.
   *
   * @throws IllegalArgumentException if the builder of Caffeine sets what it must not, or {@code
   *     refreshAfter} is not less than the time to live
   */
  public ContextCache<K, V> build() {
    if (refreshAfter != TimeSource.MAX_AHEAD && refreshAfter >= freshFor) {
      throw new IllegalArgumentException(
          "refreshAfter: "
              + Duration.ofNanos(refreshAfter)
              + " (expected: < "
              + Duration.ofNanos(freshFor)
              + ", the time to live)");
    }
    TimeSource time = owner.timeSource();
    Terms terms =
        new Terms(
            name,
            time,
            freshFor,
            jitter,
            refreshAfter,
            staleWhileRevalidate,
            staleIfError,
            absentFor,
            failureFor,
            remembered,
            pause);
    Maintenance maintenance = new Maintenance(time);
    Store<K, V> store = new Store<>(entries(time, maintenance));
    CancellableContext life = owner.withCancel();
    Flights<K, V> flights =
        new Flights<>(terms, freshForValue, limit, finishesAlone, life, store, listener);
    life.onDone(
        () -> {
          store.close();
          maintenance.close();
        });
    return new ContextCache<>(terms, store, flights, listener);
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
    if (Objects.requireNonNull(time, argument).compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(argument + ": " + time + " (expected: positive)");
    }
    return Deadline.saturatedNanos(time);
  }

  private static long notNegative(Duration time, String argument) {
    if (Objects.requireNonNull(time, argument).isNegative()) {
      throw new IllegalArgumentException(argument + ": " + time + " (expected: not negative)");
    }
    return Deadline.saturatedNanos(time);
  }
}
