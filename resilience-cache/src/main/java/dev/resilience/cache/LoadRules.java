package dev.resilience.cache;

import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the outcome of a load means: what is stored, for how long, what the waiters get, what is
 * counted and told. Knows nothing of who waits.
 *
 * <p>What the user's code throws here passes through to the flight, unless said otherwise.
 */
final class LoadRules<K, V extends @Nullable Object> {

  private final ExpiryConfig config;
  private final @Nullable BiFunction<? super K, ? super V, Duration> freshForValue;
  private final Predicate<? super Throwable> remembered;
  private final Store<K, V> store;
  private final LoadCounters counters;
  private final CacheListener listener;

  LoadRules(
      ExpiryConfig config,
      @Nullable BiFunction<? super K, ? super V, Duration> freshForValue,
      Predicate<? super Throwable> remembered,
      Store<K, V> store,
      LoadCounters counters,
      CacheListener listener) {
    this.config = config;
    this.freshForValue = freshForValue;
    this.remembered = remembered;
    this.store = store;
    this.counters = counters;
    this.listener = listener;
  }

  String cache() {
    return config.cache();
  }

  // ---- before a load

  /** What is stored for a key as a load begins. */
  @Nullable Entry<V> present(K key) {
    return store.quietly(key);
  }

  /** What an entry makes of a load: it is needless; null: it is not. */
  @Nullable Outcome<V> instead(@Nullable Entry<V> entry) {
    if (entry == null || !entry.isSettled(config.now())) {
      return null;
    }
    return entry.remembered == null
        ? new Outcome.Success<>(entry)
        : new Outcome.Failed<>(entry.remembered, null, null);
  }

  // ---- after it

  /** What a load has brought, from now on. */
  Entry<V> entry(K key, V value) {
    if (freshForValue == null || value == null) {
      return Entry.of(value, config);
    }
    Duration own = freshForValue.apply(key, value);
    long nanos = Math.max(0, Durations.toNanos(Objects.requireNonNull(own, "timeToLive")));
    return Entry.of(value, config, Math.min(nanos, config.freshFor()));
  }

  /** Stores what a load has brought, if it is to be stored. */
  Settlement<V> succeeded(Flight<K, V> flight, Entry<V> entry, Duration took) {
    boolean forgotten = entry.keepFor(config.now()) == 0;
    boolean discarded = !store.setLoaded(flight, forgotten ? null : entry);
    counters.loaded(took);
    if (discarded) {
      counters.discarded.increment();
    }
    return new Settlement<>(
        new Outcome.Success<>(entry), new CacheEvent.Loaded(cache(), flight.key, took, discarded));
  }

  /** Says what a failure is to the waiters: there may be an old value for them. */
  Settlement<V> failed(Flight<K, V> flight, Throwable cause, Duration took) {
    counters.failed(took);
    Entry<V> rescue = null;
    Throwable broken = null;
    try {
      long now = config.now();
      Entry<V> old = store.quietly(flight.key);
      if (old != null && old.mayBeServedOnError(now)) {
        rescue = old;
      }
      if (old != null && old.value() != null && flight.mayReplace(old)) {
        old.loadFailed(cause, now);
      }
      if (rescue == null && asksUserOfFailures() && !(cause instanceof Error)) {
        remember(flight, cause);
      }
    } catch (Throwable thrown) {
      broken = thrown;
    }
    return failure(flight.key, new Outcome.Failed<>(cause, rescue, broken), took);
  }

  boolean asksUserOfFailures() {
    return config.failureFor() > 0;
  }

  private void remember(Flight<K, V> flight, Throwable cause) {
    if (remembered.test(cause)) {
      store.setLoaded(flight, Entry.failed(cause, config));
    }
  }

  /** The user's code has thrown something between the decision and the end. */
  Settlement<V> broken(K key, Throwable thrown, Duration took) {
    counters.failed(took);
    return failure(key, new Outcome.Failed<>(thrown, null, null), took);
  }

  /** The user's code has not come back. Asks it nothing more. */
  Settlement<V> stuck(K key, Throwable timeout, Duration took) {
    counters.failed(took);
    return failure(key, new Outcome.Failed<>(timeout, null, null), took);
  }

  private Settlement<V> failure(K key, Outcome.Failed<V> outcome, Duration took) {
    return new Settlement<>(
        outcome, new CacheEvent.LoadFailed(cache(), key, took, outcome.cause()));
  }

  Settlement<V> abandoned(K key) {
    counters.abandoned.increment();
    return new Settlement<>(new Outcome.Closed<>(), new CacheEvent.LoadAbandoned(cache(), key));
  }

  void tell(@Nullable CacheEvent event) {
    if (event != null) {
      listener.on(event);
    }
  }

  // ---- who comes and goes

  void callerLeft() {
    counters.callersLeft.increment();
  }

  /** The load is over, and its loader still runs. */
  void loaderLeftBehind() {
    counters.leftBehind.increment();
  }

  void loaderCameBack() {
    counters.leftBehind.decrement();
  }
}
