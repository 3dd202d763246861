package dev.resilience.cache;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One load of one key, and those who wait for it.
 *
 * <p>It is <em>made</em>, <em>launched</em>, <em>decided</em> by whatever comes first (the loader's
 * result, its time-out, the last waiter's leaving, the close of the cache), and <em>over</em> once
 * the outcome has been stored. Whoever decides it also ends it: between the two runs code of the
 * user (weigher, {@code equals}, rules), so whatever is thrown there becomes the outcome, and where
 * it hangs the load's time-out or the close ends the flight instead.
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

  private static final System.Logger LOG = System.getLogger(Flight.class.getName());

  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason has no stack trace
  private static final CancelReason NOBODY_WAITS = CancelReason.of("nobody waits for the load");

  final FlightKey<K> slot;
  final K key;
  final WaitsForNode trace = new WaitsForNode();

  private final Plan<K, V> plan;
  private final LoadRules<K, V> rules;
  private final LoadStarter<K, V> load;

  /** The values of the caller who made this. */
  private final Context values;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  private final Set<Waiter<V>> waiters = new LinkedHashSet<>();
  private Phase phase = Phase.MADE;
  private boolean abandoned;
  private boolean needsNobody;
  private @Nullable Flight<K, V> successor;

  /** Whether the loader's code runs, or its stage is not complete. */
  private boolean working;

  /** What the loader's stage holds of this, if it has handed back one. */
  private @Nullable Landing<K, V> landing;

  /** Written once, before the launch is seen. */
  private volatile @Nullable Course course;

  private volatile boolean superseded;

  /** The entry that the load is to replace; null: none. Written once, at the launch. */
  private volatile @Nullable Entry<V> found;

  /** What kept the one who had decided this from ending it; null: nothing. */
  private volatile @Nullable Throwable leftWith;

  /** Ends a flight whose rules hang after the time-out. */
  private volatile @Nullable Timer patience;

  /**
   * A flight.
   *
   * @param background whether it goes on without waiters
   */
  Flight(
      Plan<K, V> plan,
      FlightKey<K> slot,
      LoadStarter<K, V> load,
      Context caller,
      boolean background) {
    this.plan = plan;
    this.rules = plan.rules();
    this.slot = slot;
    this.key = slot.key;
    this.load = load;
    this.values = caller.detached().withValue(WaitsForNode.KEY, trace);
    this.needsNobody = background;
  }

  /**
   * What all flights of a cache share.
   *
   * @param life ends with the cache
   * @param timeout of each load
   * @param finishesAlone whether a load goes on when the last waiter has left
   * @param whenOver takes the flight from the map
   */
  record Plan<K, V extends @Nullable Object>(
      LoadRules<K, V> rules,
      CancellableContext life,
      Duration timeout,
      boolean finishesAlone,
      Consumer<Flight<K, V>> whenOver) {

    TimeSource time() {
      return life.timeSource();
    }
  }

  private enum Phase {
    MADE,
    LAUNCHED,
    DECIDED,
    OVER
  }

  /** What a launched flight has. */
  private record Course(CancellableContext merged, CancellableContext ctx, long startedAt) {}

  // ---- waiters

  /**
   * Lets a waiter wait for this or for its successor.
   *
   * @param ownLoad for the successor, if there has to be one
   * @return the flight it waits for; null: this one is over
   */
  @Nullable Flight<K, V> join(Waiter<V> waiter, Context ctx, LoadStarter<K, V> ownLoad) {
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
        next = new Flight<>(plan, slot, ownLoad, ctx, false);
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
      if (abandoned || phase == Phase.OVER) {
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
    boolean last = false;
    lock.lock();
    try {
      if (!waiters.remove(waiter)) {
        return;
      }
      if (waiters.isEmpty() && !needsNobody) {
        if (phase == Phase.LAUNCHED && plan.finishesAlone()) {
          needsNobody = true;
        } else if (phase == Phase.LAUNCHED) {
          abandoned = true;
          phase = Phase.DECIDED;
          last = true;
        } else if (phase == Phase.MADE) {
          abandoned = true; // the launch finds out
        }
      }
    } finally {
      lock.unlock();
    }
    waiter.isOff(this);
    rules.callerLeft();
    if (last) {
      withRoom(this::abandon);
    }
  }

  private void abandon() {
    Course mine = course;
    if (mine != null) {
      mine.ctx().cancel(NOBODY_WAITS);
    }
    settle(() -> rules.abandoned(key));
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
   * Starts the load; called once. Never throws.
   *
   * @param byCaller whether the caller who wants it is on this thread
   */
  void launch(boolean byCaller) {
    try {
      start(byCaller);
    } catch (Throwable broken) {
      // The user's equals or hashCode, no memory, or the end of the stack.
      if (decideAnyway() || (broken instanceof VirtualMachineError && isIn(Phase.DECIDED))) {
        leftWith = broken;
        endIfLeft();
      }
    }
  }

  /**
   * Ends a flight that was decided on a stack, or in a heap, which had no room for what follows, so
   * that nobody would end it. Where there is no room for this either, the next one who asks for the
   * key or counts the loads does it, or the time-out of the load.
   */
  void endIfLeft() {
    Throwable why = leftWith;
    if (why != null) {
      try {
        settle(() -> rules.broken(key, why, took()));
        leftWith = null;
      } catch (VirtualMachineError noRoom) {
        // Still left.
      }
    }
  }

  private void start(boolean byCaller) {
    if (!begin()) {
      settle(Settlement::closed);
      return;
    }
    CancellableContext ctx = course().ctx();
    ctx.onDone(() -> withRoom(this::ended));
    found = rules.present(key);
    // Another flight may have ended between the caller's look and the making of this one.
    Outcome<V> there = rules.instead(found);
    if (there != null) {
      if (decide()) {
        settle(() -> Settlement.quiet(there));
      }
      return;
    }
    if (startsWorking()) {
      load.start(ctx, key, this, byCaller);
    }
  }

  /** Whether anybody still wants the load. */
  @SuppressWarnings("MustBeClosed") // closed with the course
  private boolean begin() {
    CancellableContext merged = Context.firstOf(values, plan.life());
    CancellableContext ctx = merged.withTimeout(plan.timeout());
    Course mine = new Course(merged, ctx, plan.time().nanoTime());
    lock.lock();
    try {
      course = mine;
      phase = abandoned ? Phase.DECIDED : Phase.LAUNCHED;
      return !abandoned;
    } finally {
      lock.unlock();
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

  /** For a stage that may outlive this flight. */
  Landing<K, V> landing() {
    lock.lock();
    try {
      Landing<K, V> made = new Landing<>(this, rules);
      landing = made;
      if (phase == Phase.OVER) {
        made.letGo();
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  /** The loader has brought a value. */
  void loaded(V value) {
    withRoom(() -> store(value));
  }

  private void store(V value) {
    Entry<V> entry;
    try {
      entry = rules.entry(key, value);
    } catch (Throwable failure) {
      fail(failure);
      return;
    }
    workIsDone();
    if (decide()) {
      settle(() -> rules.succeeded(this, entry, took()));
    }
  }

  /** The loader has failed. */
  void failed(Throwable cause) {
    withRoom(() -> fail(cause));
  }

  private void fail(Throwable cause) {
    workIsDone();
    if (course().ctx().isDone()) {
      // By our time-out or the close, whatever the loader makes of it.
      ended();
    } else if (decide()) {
      settle(() -> rules.failed(this, cause, took()));
    }
  }

  /**
   * The load's context has ended; by a decision of this flight, or by its time-out or the close.
   */
  private void ended() {
    if (plan.life().isDone()) {
      if (decide() || isStuck()) {
        settle(Settlement::closed);
      }
      return;
    }
    CancellableContext ctx = course().ctx();
    Throwable cause =
        ctx.error() instanceof DeadlineExceededException
            ? new AttemptTimeoutException(rules.cache(), plan.timeout())
            : ctx.toException();
    if (decide()) {
      if (rules.asksUserOfFailures()) {
        endAfter(plan.timeout(), cause);
      }
      settle(() -> rules.failed(this, cause, took()));
    } else if (isStuck()) {
      settle(() -> rules.stuck(key, cause, took()));
    }
  }

  /** A user's rule that hangs shall not hold the waiters longer than a load may. */
  private void endAfter(Duration time, Throwable cause) {
    patience =
        plan.time()
            .startTimer(
                plan.time().nanoTime() + Durations.toNanos(time),
                () ->
                    plan.time()
                        .executor()
                        .execute(() -> settle(() -> rules.stuck(key, cause, took()))));
  }

  /** Whoever gets true here is the one to call {@link #settle}. */
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

  /** As {@link #decide}, also where the launch has not come that far. */
  private boolean decideAnyway() {
    lock.lock();
    try {
      boolean first = phase == Phase.MADE || phase == Phase.LAUNCHED;
      if (first) {
        phase = Phase.DECIDED;
      }
      return first;
    } finally {
      lock.unlock();
    }
  }

  /** Whether somebody has decided this and is still in the user's code. */
  private boolean isStuck() {
    lock.lock();
    try {
      return phase == Phase.DECIDED && !abandoned;
    } finally {
      lock.unlock();
    }
  }

  private void workIsDone() {
    lock.lock();
    try {
      if (working && phase == Phase.OVER) {
        rules.loaderCameBack();
      }
      working = false;
    } finally {
      lock.unlock();
    }
  }

  // ---- the end

  /** From decided to over, whatever is thrown in between. */
  private void settle(Supplier<Settlement<V>> rule) {
    Settlement<V> settlement;
    try {
      settlement = rule.get();
    } catch (Throwable broken) {
      settlement = rules.broken(key, broken, took());
    }
    if (finish(settlement.outcome())) {
      rules.tell(settlement.event());
    }
  }

  /**
   * Whether this was the first to come. A stack that ends where a lambda is linked for the first
   * time shows as an InternalError.
   */
  private boolean finish(Outcome<V> outcome) {
    List<Waiter<V>> told;
    Flight<K, V> next;
    lock.lock();
    try {
      if (phase == Phase.OVER) {
        return false;
      }
      phase = Phase.OVER;
      superseded = true; // one who comes late out of the user's code stores nothing
      told = new ArrayList<>(waiters);
      waiters.clear();
      next = successor;
      if (working) {
        rules.loaderLeftBehind();
        if (landing != null) {
          landing.letGo();
        }
      }
    } finally {
      lock.unlock();
    }
    try {
      becomeOver(next);
    } catch (VirtualMachineError noRoom) {
      elsewhere(() -> becomeOver(next));
    } finally {
      try {
        tell(told, outcome);
      } catch (VirtualMachineError noRoom) {
        elsewhere(() -> tell(told, outcome));
      }
    }
    return true;
  }

  /** Any number of times: a stack that ends in the middle of it ends it again on another thread. */
  private void becomeOver(@Nullable Flight<K, V> next) {
    plan.whenOver().accept(this);
    close();
    trace.end();
    if (next != null) {
      next.trace.stopWaitingFor(trace);
      if (next.isIn(Phase.MADE)) {
        next.launch(false);
      }
    }
  }

  /** Whether nothing of this is left to do but to take it from the map. */
  boolean isOver() {
    return isIn(Phase.OVER);
  }

  private boolean isIn(Phase asked) {
    lock.lock();
    try {
      return phase == asked;
    } finally {
      lock.unlock();
    }
  }

  private void elsewhere(Runnable step) {
    try {
      plan.time().executor().execute(step);
    } catch (Throwable noRoomForThatEither) {
      // Whoever asks for the key, or counts the loads, finds this and takes it from the map.
    }
  }

  private void close() {
    Timer timer = patience;
    if (timer != null) {
      timer.cancel();
    }
    Course mine = course;
    if (mine != null) {
      mine.ctx().close();
      mine.merged().close();
    }
  }

  /** Those first whose code is ours and quick. */
  private void tell(List<Waiter<V>> told, Outcome<V> outcome) {
    for (Waiter<V> waiter : told) {
      waiter.isOff(this);
      if (waiter.isQuick()) {
        tell(waiter, outcome);
      }
    }
    for (Waiter<V> waiter : told) {
      if (!waiter.isQuick()) {
        tell(waiter, outcome);
      }
    }
  }

  private void tell(Waiter<V> waiter, Outcome<V> outcome) {
    try {
      waiter.settle(outcome);
    } catch (VirtualMachineError noRoom) {
      throw noRoom; // once more, where there is
    } catch (Throwable thrown) {
      SafeText.log(LOG, Level.WARNING, rules.cache() + ": what depends on a load failed", thrown);
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

  /** Does a step that must not stop in the middle where the stack has room for it. */
  private void withRoom(Runnable step) {
    if (!StackRoom.isThere()) {
      try {
        plan.time().executor().execute(step);
        return;
      } catch (Throwable refused) {
        // Then here, as far as it goes.
      }
    }
    try {
      step.run();
    } catch (VirtualMachineError noRoom) {
      if (isIn(Phase.DECIDED)) {
        leftWith = noRoom;
        endIfLeft();
      }
      throw noRoom;
    }
  }

  private Course course() {
    Course mine = course;
    if (mine == null) {
      throw new IllegalStateException("not launched");
    }
    return mine;
  }

  private Duration took() {
    Course mine = course;
    return mine == null
        ? Duration.ZERO
        : Duration.ofNanos(plan.time().nanoTime() - mine.startedAt());
  }
}
