package dev.resilience.cache;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key, and those who wait for it.
 *
 * <p>It is <em>made</em>, <em>launched</em>, <em>decided</em> by whatever comes first (the loader's
 * result, its limit, the last waiter's leaving, the close of the cache), and <em>over</em> once the
 * outcome has been stored. Whoever decides it also ends it.
 *
 * <p>A flight whose key was set or deleted after the launch is <em>superseded</em>: its waiters get
 * what it brings, but nothing is stored, and who comes later must not have it. They wait for its
 * successor, which is launched when this one is over. So there is never a second load for a key
 * beside the first, nobody's load is taken away by another's invalidation, and any number of
 * invalidations cost one load more.
 *
 * <p>The lock is held for a few field accesses only, never while user code runs; a flight may lock
 * its successor, never the reverse.
 */
final class Flight<K, V extends @Nullable Object> {

  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason has no stack trace
  private static final CancelReason NOBODY_WAITS = CancelReason.of("nobody waits for the load");

  final K key;
  final LoadTrace trace = new LoadTrace();

  private final Flights<K, V> flights;
  private final Work<K, V> work;

  /** The values of the caller who made this. */
  private final Context values;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  private final Set<Waiter<V>> waiters = new LinkedHashSet<>();
  private Phase phase = Phase.MADE;
  private boolean needsNobody;
  private @Nullable Flight<K, V> successor;

  /** Whether the loader's code runs, or its stage is not complete. */
  private boolean working;

  /** Written once, before the launch is seen. */
  private @Nullable Course course;

  private volatile boolean superseded;

  /** The entry that the load is to replace; null: none. Written once, at the launch. */
  private volatile @Nullable Entry<V> found;

  /**
   * A flight.
   *
   * @param background whether it goes on without waiters
   */
  Flight(Flights<K, V> flights, K key, Work<K, V> work, Context caller, boolean background) {
    this.flights = flights;
    this.key = key;
    this.work = work;
    this.values = caller.detached().withValue(LoadTrace.KEY, trace);
    this.needsNobody = background;
  }

  private enum Phase {
    MADE,
    LAUNCHED,
    ABANDONED,
    DECIDED,
    OVER
  }

  /** What a launched flight has. */
  private record Course(CancellableContext merged, CancellableContext ctx, long startedAt) {}

  // ---- waiters

  /**
   * Lets a waiter wait for this or for its successor.
   *
   * @param ownWork for the successor, if there has to be one
   * @return the flight it waits for; null: this one is over
   */
  @Nullable Flight<K, V> join(Waiter<V> waiter, Context ctx, Work<K, V> ownWork) {
    lock.lock();
    try {
      if (phase == Phase.OVER) {
        return null;
      }
      if (!superseded && board(waiter)) {
        return this;
      }
      Flight<K, V> next = successor;
      if (next == null || !next.board(waiter)) {
        next = new Flight<>(flights, key, ownWork, ctx, false);
        next.trace.waitFor(trace);
        next.board(waiter);
        successor = next;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the waiter now waits for this; false if all others have left and it is given up. */
  boolean board(Waiter<V> waiter) {
    lock.lock();
    try {
      if (phase == Phase.ABANDONED || phase == Phase.OVER) {
        return false;
      }
      waiter.boards(this);
      waiters.add(waiter);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The waiter leaves, and the last one ends the load. */
  void leave(Waiter<V> waiter) {
    Course abandoned = null;
    lock.lock();
    try {
      if (!waiters.remove(waiter)) {
        return;
      }
      if (waiters.isEmpty() && !needsNobody) {
        if (phase == Phase.LAUNCHED && flights.finishesAlone) {
          needsNobody = true;
        } else if (phase == Phase.LAUNCHED || phase == Phase.MADE) {
          // Before the launch, that finds out and ends the flight.
          phase = Phase.ABANDONED;
          abandoned = course;
        }
      }
    } finally {
      lock.unlock();
    }
    waiter.isOff(this);
    flights.counters.callersLeft.increment();
    if (abandoned != null) {
      abandoned.ctx().cancel(NOBODY_WAITS);
      flights.abandoned(this);
      finish(new Outcome.Closed<>());
    }
  }

  int waiting() {
    lock.lock();
    try {
      return waiters.size() + (successor == null ? 0 : successor.waiting());
    } finally {
      lock.unlock();
    }
  }

  // ---- invalidation

  /** The key was set or deleted: what was launched before must not be stored. */
  void supersede() {
    lock.lock();
    try {
      superseded |= phase != Phase.MADE;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether what this brings may take the place of an entry. Who sets a key tells the flight first,
   * and one that is launched between that and the change of the entry is not told.
   */
  boolean mayReplace(@Nullable Entry<V> present) {
    return !superseded && (present == null || present == found);
  }

  // ---- the load

  /**
   * Starts the load; called once.
   *
   * @param byCaller whether the caller who wants it is on this thread
   */
  void launch(boolean byCaller) {
    CancellableContext merged = Context.firstOf(values, flights.life);
    CancellableContext ctx = merged.withTimeout(flights.limit);
    boolean stillborn;
    lock.lock();
    try {
      course = new Course(merged, ctx, flights.terms.now());
      stillborn = phase == Phase.ABANDONED;
      if (!stillborn) {
        phase = Phase.LAUNCHED;
      }
    } finally {
      lock.unlock();
    }
    if (stillborn) {
      finish(new Outcome.Closed<>());
      return;
    }
    found = flights.present(key);
    // Another flight may have ended between the caller's look and the making of this one.
    Outcome<V> there = flights.instead(found);
    if (there != null) {
      if (decide()) {
        finish(there);
      }
      return;
    }
    ctx.onDone(this::ended);
    if (startsWorking()) {
      work.start(ctx, key, this, byCaller);
    }
  }

  private boolean startsWorking() {
    lock.lock();
    try {
      working = phase == Phase.LAUNCHED;
      return working;
    } finally {
      lock.unlock();
    }
  }

  /** The loader has brought a value. */
  void loaded(V value) {
    Entry<V> entry;
    try {
      entry = flights.entry(key, value);
    } catch (Throwable failure) {
      failed(failure);
      return;
    }
    workIsDone();
    if (decide()) {
      flights.succeeded(this, entry, took());
      finish(new Outcome.Loaded<>(entry));
    }
  }

  /** The loader has failed. */
  void failed(Throwable cause) {
    workIsDone();
    if (course().ctx().isDone()) {
      // By our limit or the close, whatever the loader makes of it.
      ended();
    } else if (decide()) {
      finish(flights.failed(this, cause, took()));
    }
  }

  /** The load's context has ended; by a decision of this flight, or by its limit or the close. */
  private void ended() {
    if (!decide()) {
      return;
    }
    if (flights.life.isDone()) {
      finish(new Outcome.Closed<>());
      return;
    }
    CancellableContext ctx = course().ctx();
    Throwable cause =
        ctx.error() instanceof DeadlineExceededException
            ? new AttemptTimeoutException(flights.terms.cache(), flights.limit)
            : ctx.toException();
    finish(flights.failed(this, cause, took()));
  }

  /** Whoever gets true here is the one to call {@link #finish}. */
  private boolean decide() {
    lock.lock();
    try {
      boolean first = phase == Phase.LAUNCHED;
      if (first) {
        phase = Phase.DECIDED;
      }
      return first;
    } finally {
      lock.unlock();
    }
  }

  private void workIsDone() {
    lock.lock();
    try {
      if (phase == Phase.OVER) {
        flights.counters.leftBehind.decrement();
      }
      working = false;
    } finally {
      lock.unlock();
    }
  }

  private void finish(Outcome<V> outcome) {
    List<Waiter<V>> told;
    Flight<K, V> next;
    lock.lock();
    try {
      phase = Phase.OVER;
      told = new ArrayList<>(waiters);
      waiters.clear();
      next = successor;
      if (working) {
        flights.counters.leftBehind.increment();
      }
    } finally {
      lock.unlock();
    }
    flights.vacate(this);
    Course mine = course();
    mine.ctx().close();
    mine.merged().close();
    trace.end();
    if (next != null) {
      next.trace.stopWaitingFor(trace);
      next.launch(false);
    }
    tell(told, outcome);
  }

  /** Those first whose code is ours and quick. */
  private void tell(List<Waiter<V>> told, Outcome<V> outcome) {
    for (Waiter<V> waiter : told) {
      waiter.isOff(this);
      if (waiter.isQuick()) {
        waiter.settle(outcome);
      }
    }
    for (Waiter<V> waiter : told) {
      if (!waiter.isQuick()) {
        waiter.settle(outcome);
      }
    }
  }

  /** Who takes the place of this flight, which is over; null: nobody. */
  @Nullable Flight<K, V> successor() {
    lock.lock();
    try {
      return successor;
    } finally {
      lock.unlock();
    }
  }

  private Course course() {
    return Objects.requireNonNull(course, "not launched");
  }

  private Duration took() {
    return Duration.ofNanos(flights.terms.now() - course().startedAt());
  }
}
