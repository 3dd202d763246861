package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A callback is taken back while the context is cancelled. */
public class CancelAgainstWithdraw {

  private CancelAgainstWithdraw() {}

  /** The only callback: it has no list. */
  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "taken back, and it never ran")
  @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "too late, and it ran once")
  @Outcome(expect = FORBIDDEN, desc = "the answer of withdraw is not what happened")
  @State
  public static class Single {

    private final CancellableContext context = Context.background().withCancel();
    private final AtomicInteger told = new AtomicInteger();
    private final Registration registration = context.onDone(told::incrementAndGet);

    @Actor
    public void cancel() {
      context.cancel();
    }

    @Actor
    public void withdraw(ZI_Result r) {
      r.r1 = registration.withdraw();
    }

    @Arbiter
    public void count(ZI_Result r) {
      r.r2 = told.get();
    }
  }

  /** The middle one of three. */
  @JCStressTest
  @Outcome(id = "true, 2", expect = ACCEPTABLE, desc = "taken back; only the other two ran")
  @Outcome(id = "false, 3", expect = ACCEPTABLE, desc = "too late; all three ran")
  @Outcome(
      expect = FORBIDDEN,
      desc = "the answer of withdraw is not what happened, or another suffered")
  @State
  public static class OneOfThree {

    private final CancellableContext context = Context.background().withCancel();
    private final AtomicInteger told = new AtomicInteger();
    private final Registration registration;

    public OneOfThree() {
      context.onDone(told::incrementAndGet);
      registration = context.onDone(told::incrementAndGet);
      context.onDone(told::incrementAndGet);
    }

    @Actor
    public void cancel() {
      context.cancel();
    }

    @Actor
    public void withdraw(ZI_Result r) {
      r.r1 = registration.withdraw();
    }

    @Arbiter
    public void count(ZI_Result r) {
      r.r2 = told.get();
    }
  }
}
