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
final class RunningSlowCall implements BreakerPermit {

  private final Breaker breaker;
  private final Context ctx;
  private final BreakerPermit admission;
  private final AtomicBoolean isCounted = new AtomicBoolean();
  private @Nullable Timer timer;

  private RunningSlowCall(Breaker breaker, Context ctx, BreakerPermit admission) {
    this.breaker = breaker;
    this.ctx = ctx;
    this.admission = admission;
  }

  static RunningSlowCall until(long slowAt, Breaker breaker, Context ctx, BreakerPermit admission) {
    RunningSlowCall call = new RunningSlowCall(breaker, ctx, admission);
    TimeSource time = ctx.timeSource();
    // Counting may open the circuit, and so call a listener: not on the timer thread.
    call.timer = time.startTimer(slowAt, () -> time.executor().execute(call::isSlow));
    return call;
  }

  private void isSlow() {
    // Where the caller has left, the call is about to end, and is judged by that.
    if (!ctx.isDone() && isCounted.compareAndSet(false, true)) {
      admission.counted(breaker, ctx, false, true, ctx.timeSource().nanoTime());
    }
  }

  @Override
  public void counted(Breaker same, Context caller, boolean failure, boolean slow, long now) {
    if (isOver()) {
      admission.counted(same, caller, failure, slow, now);
    }
  }

  @Override
  public void learnedNothing() {
    if (isOver()) {
      admission.learnedNothing();
    }
  }

  private boolean isOver() {
    if (timer != null) {
      timer.cancel();
    }
    return isCounted.compareAndSet(false, true);
  }
}
