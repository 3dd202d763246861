package dev.resilience.cache;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The loads under way, one for each key. Knows nothing of what their outcomes mean. */
final class InFlightLoads<K, V extends @Nullable Object> {

  private final String cache;
  private final TimeSource time;
  private final Flight.Plan<K, V> plan;
  private final LoadCounters counters;

  /** By {@link FlightKey}; what is over is removed by {@link FlightKey#exactly}. */
  private final ConcurrentMap<Object, Flight<K, V>> flights = new ConcurrentHashMap<>();

  InFlightLoads(
      LoadRules<K, V> rules,
      CancellableContext life,
      Duration timeout,
      boolean finishesAlone,
      LoadCounters counters) {
    this.cache = rules.cache();
    this.time = life.timeSource();
    this.plan = new Flight.Plan<>(rules, life, timeout, finishesAlone, this::removeOrReplace);
    this.counters = counters;
  }

  /**
   * Lets a waiter wait for the load of a key, which is started if there is none.
   *
   * @param byCaller whether the caller who wants it is on this thread
   * @throws IllegalArgumentException if the context is on another time source
   * @throws IllegalStateException if the waiter asks in a load that would wait for itself
   * @throws StackOverflowError before anything is begun
   */
  void join(Waiter<V> waiter, Context ctx, K key, LoadStarter<K, V> load, boolean byCaller) {
    requireSameTime(ctx);
    StackRoom.require();
    FlightKey<K> slot = new FlightKey<>(key);
    while (true) {
      Flight<K, V> present = flights.get(slot);
      if (present == null) {
        present = takeOff(waiter, new Flight<>(plan, slot, load, ctx, false), byCaller);
        if (present == null) {
          return;
        }
      }
      present.endIfLeft();
      if (present.join(waiter, ctx, load) != null) {
        refuseCircle(waiter);
        return;
      }
      // It is over, and whoever ended it is about to do this.
      removeOrReplace(present);
    }
  }

  /** Launches a flight with its first waiter, unless another one was first: that comes back. */
  private @Nullable Flight<K, V> takeOff(Waiter<V> waiter, Flight<K, V> mine, boolean byCaller) {
    mine.board(waiter);
    Flight<K, V> present;
    try {
      present = flights.putIfAbsent(mine.slot, mine);
    } catch (Throwable broken) { // the key's equals
      waiter.isOff(mine);
      throw broken;
    }
    if (present == null) {
      mine.launch(byCaller);
    } else {
      waiter.isOff(mine);
    }
    return present;
  }

  /** Before a flight is made: one that could not be launched would never be over. */
  private void requireSameTime(Context ctx) {
    if (ctx.timeSource() != time) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + SafeText.of(ctx.timeSource())
              + " (expected: on "
              + SafeText.of(time)
              + ", as the owner of cache '"
              + cache
              + "')");
    }
  }

  private void refuseCircle(Waiter<V> waiter) {
    if (waiter.asking != null && waiter.asking.isInCircle()) {
      waiter.leave();
      throw new IllegalStateException(
          cache
              + ": a loader asked for a key whose load waits for that loader"
              + " (expected: another key)");
    }
  }

  /** Starts a load that nobody waits for, unless one is under way. */
  void refresh(Context ctx, K key, LoadStarter<K, V> load) {
    requireSameTime(ctx);
    FlightKey<K> slot = new FlightKey<>(key);
    if (flights.containsKey(slot) || !StackRoom.isThere()) {
      return;
    }
    Flight<K, V> mine = new Flight<>(plan, slot, load, ctx, true);
    if (flights.putIfAbsent(slot, mine) == null) {
      counters.refreshes.increment();
      mine.launch(false);
    }
  }

  /** What is under way for a key must not be stored. */
  void supersede(K key) {
    Flight<K, V> present = flights.get(new FlightKey<>(key));
    if (present != null) {
      present.supersede();
    }
  }

  void supersedeAll() {
    flights.values().forEach(Flight::supersede);
  }

  /** How many loads are under way. Ends and takes out what was left behind. */
  int count() {
    for (Flight<K, V> flight : flights.values()) {
      flight.endIfLeft();
      if (flight.isOver()) {
        removeOrReplace(flight);
      }
    }
    return flights.size();
  }

  /** How many callers wait. */
  int waiting() {
    return flights.values().stream().mapToInt(Flight::waiting).sum();
  }

  /** Gives the place of a flight that is over to its successor. Any number of times. */
  private void removeOrReplace(Flight<K, V> over) {
    Flight<K, V> next = over.successor();
    Object place = over.slot.exactly();
    if (next == null) {
      flights.remove(place, over);
    } else {
      flights.replace(place, over, next);
    }
  }
}
