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

  /** The pause after a failure doubles up to 2^16 ticks, about a minute. */
  private static final int MOST_DOUBLINGS = 16;

  private static final VarHandle TASK;

  static {
    try {
      TASK = MethodHandles.lookup().findVarHandle(WheelTimer.class, "task", Runnable.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** When it is due. While it is in the wheel it does not change, so that this tells its slot. */
  long tick;

  private final TimerStripe stripe;

  // Its neighbours in the ring of a slot, or both null. Guarded by the stripe. Of those that are
  // due the first is the next one in line, and the server's alone.
  @Nullable WheelTimer next;
  @Nullable WheelTimer previous;

  /** Not volatile, because a volatile write on construction would cost as much as a lock. */
  @SuppressWarnings("UnusedVariable") // read through TASK
  private @Nullable Runnable task;

  /** How often a full heap has kept the task from being run. Of the server alone. */
  private byte failures;

  WheelTimer(TimerStripe stripe, long tick, Runnable task) {
    this.stripe = stripe;
    this.tick = tick;
    this.task = task;
  }

  /** The task, once. */
  @Nullable Runnable take() {
    return (Runnable) TASK.getAndSet(this, null);
  }

  /**
   * Stands once more for a task that was taken and could not be run; allocates nothing.
   *
   * @param now the present tick
   */
  void again(Runnable taken, long now) {
    failures = (byte) Math.min(failures + 1, MOST_DOUBLINGS);
    stripe.addAgain(this, now + (1L << failures), taken);
  }

  /** The stripe is locked. */
  void standFor(Runnable taken, long later) {
    tick = later;
    TASK.setVolatile(this, taken);
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
