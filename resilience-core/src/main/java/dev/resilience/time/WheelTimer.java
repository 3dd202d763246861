package dev.resilience.time;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A timer and its own place in the wheel, in one object.
 *
 * <p>The task is also the state. Whoever takes it, by one atomic exchange, decides: the timer
 * thread takes it to run it, {@link #cancel} takes it to drop it.
 */
final class WheelTimer implements Timer {

  private static final VarHandle TASK;

  static {
    try {
      TASK = MethodHandles.lookup().findVarHandle(WheelTimer.class, "task", Runnable.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** When it is due; immutable, so that the wheel can tell its slot. */
  final long tick;

  private final TimerStripe stripe;

  // Its neighbours in the ring of a slot, or both null. Guarded by the stripe.
  @Nullable WheelTimer next;
  @Nullable WheelTimer previous;

  /** Not volatile, because a volatile write on construction would cost as much as a lock. */
  @SuppressWarnings("UnusedVariable") // read through TASK
  private @Nullable Runnable task;

  WheelTimer(TimerStripe stripe, long tick, Runnable task) {
    this.stripe = stripe;
    this.tick = tick;
    this.task = task;
  }

  /** The task, once. */
  @Nullable Runnable take() {
    return (Runnable) TASK.getAndSet(this, null);
  }

  @Override
  public boolean cancel() {
    if (take() == null) {
      return false;
    }
    stripe.remove(this);
    return true;
  }
}
