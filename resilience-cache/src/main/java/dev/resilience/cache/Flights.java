package dev.resilience.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The loads under way, one for each key. */
final class Flights<K, V extends @Nullable Object> {

  final Terms terms;
  final Duration limit;
  final boolean finishesAlone;
  final Counters counters = new Counters();

  /** Ends with the cache. */
  final CancellableContext life;

  private final @Nullable BiFunction<? super K, ? super V, Duration> freshForValue;
  private final Store<K, V> store;
  private final CacheListener listener;
  private final ConcurrentMap<K, Flight<K, V>> flying = new ConcurrentHashMap<>();

  Flights(
      Terms terms,
      @Nullable BiFunction<? super K, ? super V, Duration> freshForValue,
      Duration limit,
      boolean finishesAlone,
      CancellableContext life,
      Store<K, V> store,
      CacheListener listener) {
    this.terms = terms;
    this.freshForValue = freshForValue;
    this.limit = limit;
    this.finishesAlone = finishesAlone;
    this.life = life;
    this.store = store;
    this.listener = listener;
  }

  /**
   * Lets a waiter wait for the load of a key, which is started if there is none.
   *
   * @throws IllegalArgumentException if the context is on another time source
   * @throws IllegalStateException if the waiter asks in a load that would wait for itself
   */
  void join(Waiter<V> waiter, Context ctx, K key, Work<K, V> work) {
    requireSameTime(ctx);
    while (true) {
      Flight<K, V> present = flying.get(key);
      if (present == null) {
        Flight<K, V> mine = new Flight<>(this, key, work, ctx, false);
        mine.board(waiter);
        present = flying.putIfAbsent(key, mine);
        if (present == null) {
          mine.launch(true);
          return;
        }
        waiter.isOff(mine);
      }
      if (present.join(waiter, ctx, work) != null) {
        refuseCircle(waiter);
        return;
      }
      // It is over, and whoever ended it is about to do this.
      vacate(present);
    }
  }

  /** Before a flight is made: one that could not be launched would never be over. */
  private void requireSameTime(Context ctx) {
    if (ctx.timeSource() != terms.time()) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + ctx.timeSource()
              + " (expected: on "
              + terms.time()
              + ", as the owner of cache '"
              + terms.cache()
              + "')");
    }
  }

  private void refuseCircle(Waiter<V> waiter) {
    if (waiter.asking != null && waiter.asking.isInCircle()) {
      waiter.leave();
      throw new IllegalStateException(
          terms.cache()
              + ": a loader asked for a key whose load waits for that loader"
              + " (expected: another key)");
    }
  }

  /** Starts a load that nobody waits for, unless one is under way. */
  void refresh(Context ctx, K key, Work<K, V> work) {
    requireSameTime(ctx);
    if (flying.containsKey(key)) {
      return;
    }
    Flight<K, V> mine = new Flight<>(this, key, work, ctx, true);
    if (flying.putIfAbsent(key, mine) == null) {
      counters.refreshes.increment();
      mine.launch(false);
    }
  }

  void supersede(K key) {
    Flight<K, V> present = flying.get(key);
    if (present != null) {
      present.supersede();
    }
  }

  void supersedeAll() {
    flying.values().forEach(Flight::supersede);
  }

  /** How many loads are under way. */
  int count() {
    return flying.size();
  }

  /** How many callers wait. */
  int waiting() {
    return flying.values().stream().mapToInt(Flight::waiting).sum();
  }

  // ---- for flights

  /** Gives the place of a flight that is over to its successor. Any number of times. */
  void vacate(Flight<K, V> over) {
    Flight<K, V> next = over.successor();
    if (next == null) {
      flying.remove(over.key, over);
    } else {
      flying.replace(over.key, over, next);
    }
  }

  /** What is stored for a key as a load begins. */
  @Nullable Entry<V> present(K key) {
    return store.quietly(key);
  }

  /** What an entry makes of a load: it is needless; null: it is not. */
  @Nullable Outcome<V> instead(@Nullable Entry<V> entry) {
    if (entry == null || !entry.isSettled(terms.now())) {
      return null;
    }
    return entry.remembered == null
        ? new Outcome.Loaded<>(entry)
        : new Outcome.Failed<>(entry.remembered, null);
  }

  /** What a load has brought, from now on. */
  Entry<V> entry(K key, V value) {
    if (freshForValue == null || value == null) {
      return Entry.of(value, terms);
    }
    Duration own = freshForValue.apply(key, value);
    long nanos = Math.max(0, Deadline.saturatedNanos(Objects.requireNonNull(own, "timeToLive")));
    return Entry.of(value, terms, Math.min(nanos, terms.freshFor()));
  }

  /** Stores what a load has brought, if it is to be stored. */
  void succeeded(Flight<K, V> flight, Entry<V> entry, Duration took) {
    counters.loaded(took);
    boolean forgotten = entry.keepFor(terms.now()) == 0;
    boolean discarded = !store.setLoaded(flight, forgotten ? null : entry);
    if (discarded) {
      counters.discarded.increment();
    }
    listener.on(new CacheEvent.Loaded(terms.cache(), flight.key, took, discarded));
  }

  /** Says what a failure is to the waiters: there may be an old value for them. */
  Outcome<V> failed(Flight<K, V> flight, Throwable cause, Duration took) {
    counters.failed(took);
    long now = terms.now();
    Entry<V> old = store.quietly(flight.key);
    boolean rescued = old != null && old.mayBeServedOnError(now);
    if (old != null && old.value() != null && flight.mayReplace(old)) {
      old.loadFailed(cause, now);
    }
    if (!rescued && terms.failureFor() > 0 && !(cause instanceof Error) && remembers(cause)) {
      store.setLoaded(flight, Entry.failed(cause, terms));
    }
    listener.on(new CacheEvent.LoadFailed(terms.cache(), flight.key, took, cause));
    return new Outcome.Failed<>(cause, rescued ? old : null);
  }

  /** The user's predicate; one that fails remembers nothing. */
  private boolean remembers(Throwable cause) {
    try {
      return terms.remembered().test(cause);
    } catch (RuntimeException broken) {
      return false;
    }
  }

  void abandoned(Flight<K, V> flight) {
    counters.abandoned.increment();
    listener.on(new CacheEvent.LoadAbandoned(terms.cache(), flight.key));
  }
}
