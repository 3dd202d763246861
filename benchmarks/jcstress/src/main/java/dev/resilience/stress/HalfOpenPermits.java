package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A circuit breaker with one half-open permit, whose time to probe has come. */
public class HalfOpenPermits {

  private HalfOpenPermits() {}

  /**
   * Two callers come at once. Then: how many were let through, how many were inside at once, and
   * how many permits are in use afterwards.
   */
  @JCStressTest
  @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "one was let through, the other rejected")
  @Outcome(id = "2, 1, 0", expect = ACCEPTABLE, desc = "one after the other was let through")
  @Outcome(expect = FORBIDDEN, desc = "both were inside at once, or a permit was lost")
  @State
  public static class TwoCallers {

    private final Context ctx = Context.background(new HandClock());
    private final Breaker breaker = timeToProbe(ctx);
    private final Resilience policy = Resilience.of(breaker);
    private final AtomicInteger letThrough = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    @Actor
    public void first() {
      call();
    }

    @Actor
    public void second() {
      call();
    }

    private void call() {
      try {
        policy.run(
            ctx,
            c -> {
              letThrough.incrementAndGet();
              most.accumulateAndGet(inside.incrementAndGet(), Math::max);
              inside.decrementAndGet();
            });
      } catch (CircuitOpenException rejected) {
        // The other one has the permit.
      }
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = letThrough.get();
      r.r2 = most.get();
      r.r3 = breaker.snapshot().probesUnderWay();
    }
  }

  /**
   * The dependency answers a probe while its caller cancels. Then: how many permits are in use, and
   * how many of two further probes are let through.
   */
  @JCStressTest
  @Outcome(
      id = "0, 1, 0",
      expect = ACCEPTABLE,
      desc = "the answer came first: the permit came back once")
  @Outcome(
      id = "0, 1, 1",
      expect = ACCEPTABLE,
      desc = "the cancel came first: the permit came back once")
  @Outcome(expect = FORBIDDEN, desc = "the permit was lost, or came back twice")
  @State
  public static class AnswerAgainstCancel {

    private final CancellableContext ctx = Context.background(new HandClock()).withCancel();
    private final Context other = Context.background(ctx.timeSource());
    private final Breaker breaker = timeToProbe(other);
    private final Resilience policy = Resilience.of(breaker);
    private final CompletableFuture<String> answer = new CompletableFuture<>();
    private final CompletionStage<String> result = policy.callAsync(ctx, c -> answer);

    @Actor
    public void answer() {
      answer.complete("answer");
    }

    @Actor
    public void cancel() {
      ctx.cancel();
    }

    @Arbiter
    public void count(III_Result r) {
      r.r1 = breaker.snapshot().probesUnderWay();
      r.r2 = probe() + probe();
      r.r3 = result.toCompletableFuture().isCompletedExceptionally() ? 1 : 0;
    }

    private int probe() {
      return policy.callAsync(other, c -> new CompletableFuture<>()).toCompletableFuture().isDone()
          ? 0
          : 1;
    }
  }

  /** Open, and the time for probes is over; needs more successes than there are here to close. */
  private static Breaker timeToProbe(Context ctx) {
    Breaker breaker =
        Breaker.builder("service")
            .consecutiveFailures(1)
            .openFor(Duration.ofNanos(1))
            .closeAfter(10)
            .build();
    CompletableFuture<String> failed =
        CompletableFuture.failedFuture(new IllegalStateException("down"));
    if (!Resilience.of(breaker).callAsync(ctx, c -> failed).toCompletableFuture().isDone()) {
      throw new IllegalStateException("the circuit is not open");
    }
    ((HandClock) ctx.timeSource()).moveTo(1);
    return breaker;
  }
}
