package dev.resilience.context;

import dev.resilience.time.Timer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A scope with a deadline of its own, which is earlier than any above. It is itself the task of its
 * timer, because a limit that nobody reaches is paid for in objects.
 */
sealed class DeadlineScope extends Scope implements Runnable permits MoreTimeScope {

  private static final VarHandle TIMER;

  static {
    try {
      TIMER = MethodHandles.lookup().findVarHandle(DeadlineScope.class, "timer", Timer.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final long deadline;

  private volatile @Nullable Timer timer;

  DeadlineScope(Node parent, long deadline) {
    super(parent, true);
    this.deadline = deadline;
    Scope above = parent.scope();
    if (above != null) {
      above.noteCancelTimeNeeded();
    }
  }

  final boolean isDueAt(long nanos) {
    return deadline - nanos <= 0;
  }

  /**
   * Ends this scope by its deadline, unless it has ended otherwise; returns the end that counts.
   */
  final End expire() {
    return adopt(End.expired(this, deadline));
  }

  /** Ends this new scope, whose deadline has passed, unless an ancestor has ended before. */
  final void endAtOnce() {
    End found = findEnd(false);
    adopt(found != null ? found : End.expired(this, deadline));
  }

  /**
   * Sets the timer while somebody waits here who is not told in time by a timer further down; see
   * {@link Link#isTimed}.
   *
   * <p>Loops until timer and waiters agree, because either may change under our hands: one who adds
   * the first waiter and still sees the timer that another is about to clear is seen by the other's
   * next turn. Once the end is decided no timer is started any more, but one that is set stays as
   * long as somebody waits: it is what tells them of a deadline that was merely looked at.
   */
  @Override
  final void armOrDisarm() {
    while (true) {
      Timer present = timer;
      boolean wanted = hasTimedWaiters() && (present != null || !isDecided());
      if (wanted == (present != null)) {
        return;
      }
      if (present == null) {
        Timer started = root.time().startTimer(deadline, this);
        if (!TIMER.compareAndSet(this, null, started)) {
          started.cancel();
        }
      } else if (TIMER.compareAndSet(this, present, null)) {
        present.cancel();
      }
    }
  }

  /** For the timer. */
  @Override
  public final void run() {
    timer = null;
    if (look() == null) {
      armOrDisarm();
    } else {
      Notification.ofTimer(this);
    }
  }
}
