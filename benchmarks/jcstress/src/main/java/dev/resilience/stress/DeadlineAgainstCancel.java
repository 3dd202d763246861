package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;

/**
 * A deadline passes while its context is cancelled. What each of the two threads then sees, one of
 * them at a child, what is seen when all is over, and what the callback saw.
 */
public class DeadlineAgainstCancel {

  private DeadlineAgainstCancel() {}

  private static final String CANCELLED = "cancelled";
  private static final String DEADLINE_EXCEEDED = "expired";

  /** Somebody waits, so a timer finds the deadline. */
  @JCStressTest
  @Outcome(
      id = "cancelled, cancelled, cancelled, cancelled",
      expect = ACCEPTABLE,
      desc = "the cancel came first, for everybody")
  @Outcome(
      id = "expired, expired, expired, expired",
      expect = ACCEPTABLE,
      desc = "the deadline came first, for everybody")
  @Outcome(expect = FORBIDDEN, desc = "two verdicts, or an error and a cause that do not agree")
  @State
  public static class ByTimer {

    private final HandClock clock = new HandClock();
    private final CancellableContext context =
        Context.background(clock).withTimeout(Duration.ofNanos(1));
    private final Context child = context.withCancel();
    private final AtomicInteger told = new AtomicInteger();
    private volatile String toldOf = "never told";

    public ByTimer() {
      context.onDone(
          () -> {
            told.incrementAndGet();
            toldOf = verdict(context);
          });
    }

    @Actor
    public void expire(LLLL_Result r) {
      clock.moveTo(1);
      r.r1 = verdict(child);
    }

    @Actor
    public void cancel(LLLL_Result r) {
      context.cancel(CancelReason.USER);
      r.r2 = verdict(context);
    }

    @Arbiter
    public void look(LLLL_Result r) {
      r.r3 = verdict(context).equals(verdict(child)) ? verdict(context) : "child differs";
      r.r4 = told.get() == 1 ? toldOf : "told " + told;
    }
  }

  /** Nobody waits, so whoever looks finds the deadline; here at a child, which passes it on. */
  @JCStressTest
  @Outcome(
      id = "cancelled, cancelled, cancelled, no timer",
      expect = ACCEPTABLE,
      desc = "the cancel came first, for everybody")
  @Outcome(
      id = "expired, expired, expired, no timer",
      expect = ACCEPTABLE,
      desc = "the deadline came first, for everybody")
  @Outcome(expect = FORBIDDEN, desc = "two verdicts, or an error and a cause that do not agree")
  @State
  public static class ByLooking {

    private final HandClock clock = new HandClock();
    private final CancellableContext context =
        Context.background(clock).withTimeout(Duration.ofNanos(1));
    private final Context child = context.withCancel();

    @Actor
    public void expire(LLLL_Result r) {
      clock.moveTo(1);
      r.r1 = verdict(child);
    }

    @Actor
    public void cancel(LLLL_Result r) {
      context.cancel(CancelReason.USER);
      r.r2 = verdict(context);
    }

    @Arbiter
    public void look(LLLL_Result r) {
      r.r3 = verdict(context).equals(verdict(child)) ? verdict(context) : "child differs";
      r.r4 = clock.standing() == 0 ? "no timer" : "timers " + clock.standing();
    }
  }

  private static String verdict(Context context) {
    ContextException error = context.error();
    Throwable cause = context.cause();
    if (error == null || cause == null || !context.isDone()) {
      return "lives";
    }
    if (error instanceof DeadlineExceededException) {
      return cause == error && !context.isCancelled() ? DEADLINE_EXCEEDED : "expired, but " + cause;
    }
    return cause == CancelReason.USER && context.isCancelled()
        ? CANCELLED
        : "cancelled, but " + cause;
  }
}
