package dev.resilience.context;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node of the tree that can end: the heart of the matter.
 *
 * <h2>Deciding the end</h2>
 *
 * {@link #end} is written once, by compare-and-set, by the first who finds an event: an owner who
 * cancels, a timer, or one who just looks. A look walks up all ancestors and, if nothing is found,
 * compares the deadline with the clock. So a child need not be known to its parent to end with it.
 *
 * <p>Where a cancel and a deadline are found together, the earlier one counts, and a tie goes to
 * the deadline. For this a cancel records its time if it has a deadline above, or if a deadline or
 * a merge was ever derived below it ({@link #cancelTimeNeeded}); otherwise nothing can come before
 * it, and it reads no clock.
 *
 * <h2>Telling those who wait</h2>
 *
 * {@link #waiters} holds callbacks and linked children. A scope is linked to its parent only while
 * somebody waits at it (<em>link late</em>), and a deadline has a timer only while somebody waits
 * at its owner or below whom no earlier timer tells (<em>arm late</em>).
 *
 * <p>One who registers a callback publishes it, links upwards until an already linked ancestor, and
 * then looks at the ancestors again. One who ends a scope writes {@link #end} and then looks at the
 * waiters. Each does its write before its look, so at least one of them sees the other; both
 * telling is harmless, because each callback runs once. When a thread finds an ancestor already
 * linked while another thread is still linking that further up, the other one's second look answers
 * for both.
 *
 * <p>All walks are loops: a tree may be 100,000 levels deep. No user code runs under a lock, and no
 * lock is taken while another is held.
 */
sealed class Scope extends Node implements CancellableContext
    permits DeadlineScope, LaterDeadlineScope, MergedScope {

  private static final VarHandle END;
  private static final VarHandle WAITERS;
  private static final VarHandle LINK;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      END = lookup.findVarHandle(Scope.class, "end", End.class);
      WAITERS = lookup.findVarHandle(Scope.class, "waiters", Object.class);
      LINK = lookup.findVarHandle(Scope.class, "link", Link.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** The nearest ancestor that can end; null at the top, and in a merge, which has several. */
  final @Nullable Scope parent;

  /** The owner of the deadline that counts here, perhaps this; null where there is none. */
  private final @Nullable DeadlineScope deadlineScope;

  /** The verdict, once there is one; read it through {@link #written}. */
  private volatile @Nullable End end;

  /** A cancel that came after the deadline: for descendants that were given more time. */
  volatile @Nullable End lateCancel;

  /** Null, one {@link Callback}, or a {@link WaiterList}, which then stays. */
  private volatile @Nullable Object waiters;

  /** This scope's place in its parent's list, once it was ever linked. */
  private volatile @Nullable Link link;

  /** Whether a deadline or a merge was ever derived below: what came first may be asked there. */
  volatile boolean cancelTimeNeeded;

  /** Whether a merge was ever derived below: which of two cancels at one time came first? */
  volatile boolean cancelOrderNeeded;

  /** A child of a node, with the node's deadline. */
  Scope(Node parent) {
    super(parent.root, parent.values);
    this.parent = parent.scope();
    this.deadlineScope = parent.deadlineScope();
  }

  /** A child of a node that owns its deadline. */
  Scope(Node parent, boolean ownsDeadline) {
    super(parent.root, parent.values);
    this.parent = parent.scope();
    this.deadlineScope = (DeadlineScope) this;
  }

  /** A scope without a single parent. */
  Scope(Root root, Values values, @Nullable DeadlineScope deadlineScope) {
    super(root, values);
    this.parent = null;
    this.deadlineScope = deadlineScope;
  }

  @Override
  Scope scope() {
    return this;
  }

  @Override
  @Nullable DeadlineScope deadlineScope() {
    return deadlineScope;
  }

  @Override
  final Context withValues(Values other) {
    return new ValueContext(root, other, this);
  }

  // ---- the end: looking

  /** The end of this scope, decided now if it is due; null while it lives. */
  @Nullable End look() {
    End known = written();
    if (known != null) {
      return known;
    }
    End found = findEnd(false);
    if (found != null) {
      return inherit(found);
    }
    DeadlineScope owner = deadlineScope;
    if (owner != null && owner.isDueAt(root.time().nanoTime())) {
      return adopt(owner.expire());
    }
    return null;
  }

  /** As {@link #look}, but blind to a deadline that nobody has noticed yet. */
  @Nullable End lookWithoutClock() {
    End known = written();
    if (known != null) {
      return known;
    }
    End found = findEnd(false);
    return found == null ? null : inherit(found);
  }

  /**
   * The end that was written here or at the nearest ancestor whose end counts here.
   *
   * @param cancelsOnly whether deadlines do not count; above a scope with more time they never do
   */
  final @Nullable End findEnd(boolean cancelsOnly) {
    Scope top = this;
    while (top.end == null) {
      Scope up = top.parent;
      if (up == null) {
        return top instanceof MergedScope ? findEndThatCounts(cancelsOnly) : null;
      }
      top = up;
    }
    return findEndThatCounts(cancelsOnly);
  }

  /** As {@link #findEnd}, step by step; the usual look finds nothing and needs no such care. */
  private @Nullable End findEndThatCounts(boolean alreadyPast) {
    boolean cancelsOnly = alreadyPast;
    Scope scope = this;
    while (true) {
      End counted = scope.endFor(cancelsOnly);
      if (counted != null) {
        return counted;
      }
      cancelsOnly |= scope instanceof MoreTimeScope;
      if (scope.parent == null) {
        return scope instanceof MergedScope merge ? merge.findEndOfSources(cancelsOnly) : null;
      }
      scope = scope.parent;
    }
  }

  /** This scope's end as it counts for a descendant, who may be out of reach of deadlines. */
  final @Nullable End endFor(boolean cancelsOnly) {
    End known = written();
    return known == null || known.cancelled || !cancelsOnly ? known : lateCancel;
  }

  /**
   * Writes the verdict, given an event above, here and on the way up to it: the next look from
   * there or from another descendant need not walk again. Or a look at each of 20,000 levels would
   * walk up all of them.
   */
  private End inherit(End found) {
    End mine = written();
    if (mine != null) {
      // It may be just this one that was found, a moment ago: nothing that those above inherit.
      return mine;
    }
    Scope scope = this;
    // Above a scope with more time another end may count.
    while (!(scope instanceof MoreTimeScope)) {
      scope = scope.parent;
      if (scope == null || scope.end != null) {
        break;
      }
      scope.decide(found);
    }
    return decide(found);
  }

  /** Writes the verdict, given an event above: that, or our deadline if it came first. */
  private End decide(End found) {
    DeadlineScope owner = deadlineScope;
    if (owner != null && found.timed && owner.isDueAt(found.nanos)) {
      End expired = owner.expire();
      if (!expired.cancelled) {
        return adopt(expired);
      }
      // Derived with a deadline of the past under what had been cancelled: it never came to that.
    }
    return adopt(found);
  }

  /** Writes a verdict unless there is one; returns the one that counts. */
  final End adopt(End verdict) {
    return END.compareAndSet(this, null, verdict) ? verdict : Objects.requireNonNull(written());
  }

  /** The verdict that was written here; replaces the sentinel by a real {@code End}. */
  private @Nullable End written() {
    End known = end;
    if (known == End.UNOBSERVED_CLOSE) {
      END.compareAndSet(this, known, End.cancelledUntimed(this, CancelReason.CLOSED));
      known = end;
    }
    return known;
  }

  /** Whether it was cancelled; as {@link #lookWithoutClock}, but keeps the sentinel. */
  final boolean isFoundCancelled() {
    End known = end;
    if (known != null) {
      return known.cancelled;
    }
    End found = findEnd(false);
    return found != null && inherit(found).cancelled;
  }

  // ---- the end: making

  @Override
  public boolean cancel(Throwable cause) {
    return end(Objects.requireNonNull(cause, "cause"));
  }

  @Override
  public boolean cancel() {
    return end(null);
  }

  @Override
  public void close() {
    if (!closeUnobserved()) {
      cancel(CancelReason.CLOSED);
    } else if (hasWaiters()) {
      Notification.of(this);
    }
  }

  /**
   * Ends this scope without a clock and without an {@code End} of its own, if nobody waits at it
   * and no deadline was derived below: its owner, who closes it, no longer asks.
   */
  private boolean closeUnobserved() {
    return end == null
        && !cancelTimeNeeded
        && !hasWaiters()
        && findEnd(false) == null
        && END.compareAndSet(this, null, End.UNOBSERVED_CLOSE);
  }

  private boolean end(@Nullable Throwable cause) {
    boolean won = end == null && tryEnd(cause);
    if (!won && !Objects.requireNonNull(end).cancelled && lateCancel == null) {
      // An ancestor's cancel that came first counts here as well. A race of two late cancels may
      // keep either of them; both cancel the same descendants.
      End earlier = findEnd(true);
      lateCancel =
          earlier != null
              ? earlier
              : End.cancelled(this, cause, root.time().nanoTime(), nextCancel());
    }
    if (hasWaiters()) {
      Notification.of(this);
    }
    return won;
  }

  private boolean tryEnd(@Nullable Throwable cause) {
    End found = findEnd(false);
    if (found != null) {
      decide(found);
      return false;
    }
    DeadlineScope owner = deadlineScope;
    End mine;
    if (owner != null || cancelTimeNeeded) {
      long now = root.time().nanoTime();
      if (owner != null && owner.isDueAt(now)) {
        adopt(owner.expire());
        return false;
      }
      mine = End.cancelled(this, cause, now, nextCancel());
    } else {
      mine = End.cancelledUntimed(this, cause);
    }
    return adopt(mine) == mine;
  }

  private int nextCancel() {
    return cancelOrderNeeded ? root.nextCancel() : 0;
  }

  /** Makes cancels here and above record their time from now on. */
  final void noteCancelTimeNeeded() {
    for (Scope scope = this; scope != null && !scope.cancelTimeNeeded; scope = scope.parent) {
      scope.cancelTimeNeeded = true;
      if (scope instanceof MergedScope merge) {
        merge.noteCancelTimeNeededByAncestors();
      }
    }
  }

  /** Whether the verdict has been written. */
  final boolean isDecided() {
    return end != null;
  }

  // ---- waiting for the end

  /** Lets a callback of this scope wait for the end, or runs it if that has come. */
  final void add(Callback callback) {
    End known = look();
    if (known != null) {
      if (callback.isSpared(known)) {
        callback.drop();
      } else {
        callback.run();
      }
      return;
    }
    publish(callback);
    try {
      linkUpwards();
    } catch (Throwable noTimer) {
      // The process can have no thread for its timers: the caller hears of that instead.
      callback.withdraw();
      throw noTimer;
    }
    lookAgain();
  }

  /** Lets a callback that was taken wait on: it could not be run. */
  final void putBack(Callback callback) {
    publish(callback);
  }

  private void publish(Callback callback) {
    while (true) {
      Object present = waiters;
      if (present == null) {
        if (WAITERS.compareAndSet(this, null, callback)) {
          return;
        }
      } else {
        list().add(callback);
        return;
      }
    }
  }

  /** The list of waiters, made if there is none yet. */
  final WaiterList list() {
    while (true) {
      Object present = waiters;
      if (present instanceof WaiterList list) {
        return list;
      }
      WaiterList list = new WaiterList(present instanceof Callback single ? single : null);
      if (WAITERS.compareAndSet(this, present, list)) {
        return list;
      }
    }
  }

  final boolean hasWaiters() {
    Object present = waiters;
    return present instanceof WaiterList list ? !list.isEmpty() : present != null;
  }

  /** Whether somebody waits here who has no timer of its own. */
  final boolean hasTimedWaiters() {
    Object present = waiters;
    return present instanceof WaiterList list ? list.isTimed() : present != null;
  }

  /** How many callbacks and linked children there are. */
  final int waiterCount() {
    Object present = waiters;
    return present instanceof WaiterList list ? list.size() : present != null ? 1 : 0;
  }

  /**
   * The callbacks that wait here, in order of registration, for a look from outside.
   *
   * @param most how many waiters are looked at, children among them
   */
  final List<Callback> callbacks(int most) {
    Object present = waiters;
    if (present instanceof WaiterList list) {
      return list.callbacks(most);
    }
    return present instanceof Callback single ? List.of(single) : List.of();
  }

  final void remove(Callback callback) {
    if (!WAITERS.compareAndSet(this, callback, null) && waiters instanceof WaiterList list) {
      list.remove(callback);
    }
    linkUpwards();
  }

  /** The waiter, if it is a single callback: the usual case, which wants no list. */
  final @Nullable Callback takeSingle() {
    Object present = waiters;
    return present instanceof Callback single && WAITERS.compareAndSet(this, single, null)
        ? single
        : null;
  }

  /** Hands all waiters to the caller, who answers for them. */
  @SuppressWarnings("NonApiType") // its memory is had before anything is taken
  final void takeWaiters(ArrayList<Waiter> taken) {
    Callback single = takeSingle();
    if (single != null) {
      taken.add(single);
    } else if (waiters instanceof WaiterList list) {
      list.takeAll(taken);
    }
  }

  /**
   * Makes timers and links agree with who waits, here and, as far as it changes anything, above:
   * links what has got its first waiter, unlinks what has lost its last.
   */
  final void linkUpwards() {
    Scope scope = this;
    ArrayDeque<Scope> branches = null;
    while (scope != null) {
      scope.armOrDisarm();
      if (scope instanceof MergedScope merge) {
        branches = branches == null ? new ArrayDeque<>() : branches;
        merge.updateLinks(branches);
        scope = null;
      } else {
        scope = scope.parent != null && scope.updateLink(scope.parent) ? scope.parent : null;
      }
      if (scope == null && branches != null) {
        scope = branches.poll();
      }
    }
  }

  private boolean updateLink(Scope to) {
    Link mine = link;
    if (mine == null) {
      if (!hasWaiters()) {
        return false;
      }
      mine = new Link(this, to.list().laneForChild());
      if (!LINK.compareAndSet(this, null, mine)) {
        mine = Objects.requireNonNull(link);
      }
    }
    return mine.update();
  }

  /** Sets or clears the timer of a deadline; nothing to do where there is none of its own. */
  void armOrDisarm() {}

  /** The second look of one who has registered, or linked again. */
  final void lookAgain() {
    if (findEnd(false) == null) {
      return;
    }
    // Whoever ended an ancestor may have taken its waiters before we came: tell them in its stead.
    for (Scope scope = this; scope != null; scope = scope.parent) {
      if (scope.lookWithoutClock() != null) {
        Notification.of(scope);
      }
      if (scope instanceof MergedScope merge) {
        merge.notifyEndedSources();
      }
    }
  }
}
