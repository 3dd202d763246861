package dev.resilience.context;

import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A registered callback. The first to set its action to null owns it: to run, or to withdraw. Is
 * itself the task that an executor gets, because handing over must not need memory.
 */
sealed class Callback extends Waiter implements Registration, Runnable permits Interruption {

  private static final Logger LOG = System.getLogger(Callback.class.getName());
  private static final VarHandle ACTION;

  static {
    try {
      ACTION = MethodHandles.lookup().findVarHandle(Callback.class, "action", DoneCallback.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What a callback may do, and therefore where it may run. */
  enum Kind {
    /** Unparks a thread of ours: short, cannot fail, runs anywhere and first of all. */
    WAKE_UP,
    /**
     * Interrupts a thread, which may run foreign code: anywhere but on the timer thread, and not
     * behind slow callbacks.
     */
    INTERRUPT,
    /** The user's: on the thread that cancels, or on the time source's executor. */
    USER,
    /** As {@link #USER}, but not if its own scope was closed by its owner. */
    ABORT
  }

  private final @Nullable Scope scope;
  private final Kind kind;
  private volatile @Nullable DoneCallback action;

  /**
   * A callback.
   *
   * @param scope whose end it waits for; null: one that never ends
   */
  Callback(@Nullable Scope scope, DoneCallback action, Kind kind) {
    this.scope = scope;
    this.action = action;
    this.kind = kind;
  }

  final boolean isUsers() {
    return kind == Kind.USER || kind == Kind.ABORT;
  }

  /** Whether a user has registered it, and it is still to come. */
  final boolean isOfUser() {
    DoneCallback present = action;
    return isUsers() && present != null && !(present instanceof Observation);
  }

  /** The thread that waits or works here and is woken or interrupted by this; null: none. */
  final @Nullable ContextThread thread() {
    DoneCallback present = action;
    if (present instanceof WakeUp wakeUp) {
      return new ContextThread(wakeUp.sleeper(), wakeUp.reason(), wakeUp.ctx());
    }
    return present != null && this instanceof Interruption interruption
        ? new ContextThread(interruption.worker, WaitReason.WORK, interruption.ctx)
        : null;
  }

  /** Whether it is not told of this end: its scope's owner has closed it, the work being done. */
  final boolean isSpared(End end) {
    return kind == Kind.ABORT && end.origin == scope && end.given == CancelReason.CLOSED;
  }

  /** Runs at once what is ours and short, off the timer thread what may be neither. */
  final void runShort(boolean onTimerThread, TimeSource time) {
    if (!onTimerThread || kind == Kind.WAKE_UP) {
      run();
      return;
    }
    try {
      time.interruptExecutor().execute(this);
    } catch (Throwable noThread) {
      // Rather late for all than never for this one.
      run();
    }
  }

  /** Runs once. Never throws, and gives back an interrupt that the action has swallowed. */
  @Override
  public final void run() {
    DoneCallback mine = take();
    if (mine == null) {
      return;
    }
    boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      perform(mine);
    } catch (Throwable failure) {
      // Contained, an Error too: neither the canceller nor the other callbacks are to blame.
      interrupted |= failure instanceof InterruptedException;
      SafeText.log(LOG, Level.WARNING, "A callback on the end of a context failed", failure);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  void perform(DoneCallback mine) throws Exception {
    mine.run();
  }

  /** The action, once. */
  private @Nullable DoneCallback take() {
    DoneCallback mine = action;
    return mine != null && ACTION.compareAndSet(this, mine, null) ? mine : null;
  }

  /** Will not run, and needs not be taken out of a list. */
  final void drop() {
    action = null;
  }

  @Override
  public final boolean withdraw() {
    if (take() == null) {
      return false;
    }
    if (scope != null) {
      scope.remove(this);
    }
    return true;
  }
}
