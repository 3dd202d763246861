package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.context.Waiters;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A deadline has a timer only while somebody waits who has no earlier one. One such comes while
 * another goes, with a child that has an earlier deadline standing in the same list.
 */
public class ArmAgainstWithdraw {

  private ArmAgainstWithdraw() {}

  /** The one who comes registers at the deadline's owner. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "told once, and nothing stays behind")
  @Outcome(expect = FORBIDDEN, desc = "a deadline without its timer, or a timer without a waiter")
  @State
  public static class AtTheOwner extends Base {

    @Actor
    public void comes() {
      request.onDone(told::incrementAndGet);
    }

    @Actor
    public void goes() {
      going.withdraw();
    }

    @Arbiter
    public void end(III_Result r) {
      pass(r);
    }
  }

  /** The one who comes registers at a child without a deadline of its own. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "told once, and nothing stays behind")
  @Outcome(expect = FORBIDDEN, desc = "a deadline without its timer, or a timer without a waiter")
  @State
  public static class BelowTheOwner extends Base {

    @Actor
    public void comes() {
      plain.onDone(told::incrementAndGet);
    }

    @Actor
    public void goes() {
      going.withdraw();
    }

    @Arbiter
    public void end(III_Result r) {
      pass(r);
    }
  }

  /** What both have in common. */
  abstract static class Base {

    private final HandClock clock = new HandClock();
    final CancellableContext request = Context.background(clock).withTimeout(Duration.ofNanos(2));
    final Context plain = request.withCancel();
    final AtomicInteger told = new AtomicInteger();
    final Registration going = request.withCancel().onDone(() -> {});

    Base() {
      request.withTimeout(Duration.ofNanos(1)).onDone(() -> {});
    }

    final void pass(III_Result r) {
      clock.moveTo(1);
      clock.moveTo(2);
      r.r1 = told.get();
      r.r2 = clock.standing();
      r.r3 = Waiters.of(request);
    }
  }
}
