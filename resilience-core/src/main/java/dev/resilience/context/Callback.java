package dev.resilience.context;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** A registered callback. The first to set its action to null owns it: to run, or to withdraw. */
final class Callback extends Waiter implements Registration {

  private static final Logger LOG = System.getLogger(Callback.class.getName());
  private static final VarHandle ACTION;

  static {
    try {
      ACTION = MethodHandles.lookup().findVarHandle(Callback.class, "action", DoneCallback.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Scope scope;

  /** Whether it is our own and short, so that a timer thread may run it itself. */
  final boolean bounded;

  private volatile @Nullable DoneCallback action;

  /**
   * A callback.
   *
   * @param scope whose end it waits for; null: one that never ends
   */
  Callback(@Nullable Scope scope, DoneCallback action, boolean bounded) {
    this.scope = scope;
    this.action = action;
    this.bounded = bounded;
  }

  void runOnce() {
    DoneCallback mine = action;
    if (mine == null || !ACTION.compareAndSet(this, mine, null)) {
      return;
    }
    try {
      mine.run();
    } catch (Throwable failure) {
      // Contained, an Error too: neither the canceller nor the other callbacks are to blame.
      LOG.log(Level.WARNING, "A callback on the end of a context failed", failure);
    }
  }

  @Override
  public boolean withdraw() {
    DoneCallback mine = action;
    if (mine == null || !ACTION.compareAndSet(this, mine, null)) {
      return false;
    }
    if (scope != null) {
      scope.remove(this);
    }
    return true;
  }
}
