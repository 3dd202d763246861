package dev.resilience.grpc;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.limit.Permit;
import dev.resilience.limit.UsualTimes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The place of a call that was let in, until the call is over. Bears to be given back twice. */
final class Admitted {

  private final Permit permit;
  private final Context ctx;

  /** Of unary calls: how long a stream lasts is its client's affair. */
  private final UsualTimes.@Nullable Usual usual;

  private final long began;
  private final AtomicBoolean isOver = new AtomicBoolean();

  Admitted(Permit permit, Context ctx, UsualTimes.@Nullable Usual usual) {
    this.permit = permit;
    this.ctx = ctx;
    this.usual = usual;
    this.began = ctx.timeSource().nanoTime();
  }

  /**
   * Gives the place back.
   *
   * @param isSample whether the time that it took says something: not where the work failed
   */
  void giveBack(boolean isSample) {
    if (!isOver.compareAndSet(false, true)) {
      return;
    }
    if (!isSample) {
      permit.ignore();
      return;
    }
    permit.close(); // which looks at the end of the context by itself
    if (usual == null) {
      return;
    }
    Duration ran = Duration.ofNanos(ctx.timeSource().nanoTime() - began);
    ContextException end = ctx.error();
    if (end == null) {
      usual.answered(ctx, ran);
    } else if (end instanceof DeadlineExceededException) {
      usual.cutOff(ctx, ran);
    }
  }
}
