package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call that is slow as soon as it has run for so long, not only when it returns. It counts once:
 * as slow when its time is over, or as what it came to before that.
 */
final class RunningSlowCall implements Admission {

  private final StateMachine machine;
  private final Context ctx;
  private final Admission admission;
  private final AtomicBoolean isCounted = new AtomicBoolean();
  private @Nullable Timer timer;

  private RunningSlowCall(StateMachine machine, Context ctx, Admission admission) {
    this.machine = machine;
    this.ctx = ctx;
    this.admission = admission;
  }

  static RunningSlowCall until(
      long slowAt, StateMachine machine, Context ctx, Admission admission) {
    RunningSlowCall call = new RunningSlowCall(machine, ctx, admission);
    try {
      TimeSource time = ctx.timeSource();
      // Counting may open the circuit, and so call a listener: not on the timer thread.
      call.timer = time.startTimer(slowAt, () -> time.execute(call::isSlow));
      return call;
    } catch (Throwable noTimer) {
      admission.release();
      throw noTimer;
    }
  }

  private void isSlow() {
    long now = ctx.timeSource().nanoTime();
    // Where the caller has left, the call is about to end, and is judged by that.
    if (!ctx.isDone() && isCounted.compareAndSet(false, true)) {
      Transition change = admission.settle(Result.SUCCESS, true, now);
      if (change != null) {
        machine.perform(change, ctx);
      }
    }
  }

  @Override
  public @Nullable Transition settle(Result result, boolean slow, long now) {
    return isOver() ? admission.settle(result, slow, now) : null;
  }

  @Override
  public void release() {
    if (isOver()) {
      admission.release();
    }
  }

  private boolean isOver() {
    if (timer != null) {
      timer.cancel();
    }
    return isCounted.compareAndSet(false, true);
  }
}
