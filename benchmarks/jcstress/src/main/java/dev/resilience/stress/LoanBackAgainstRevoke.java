package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.concurrent.Loan;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A borrower gives a resource back while his context ends. */
@JCStressTest
@Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "revoked: nothing is idle")
@Outcome(
    id = "false, 0",
    expect = ACCEPTABLE,
    desc = "given back, and closed: the context had ended")
@Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "given back in time: it is idle")
@Outcome(expect = FORBIDDEN, desc = "revoked and lent again, or two of one")
@State
public class LoanBackAgainstRevoke {

  private final CancellableContext borrower = Context.background().withCancel();
  private final AtomicInteger opened = new AtomicInteger();
  private final ResourcePool<Integer> pool =
      ResourcePool.<Integer>builder("stress", ctx -> opened.incrementAndGet())
          .size(1)
          .open(Context.background());
  private final Loan<Integer> loan = borrow();

  private Loan<Integer> borrow() {
    try {
      return pool.borrow(borrower);
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Actor
  public void giveBack() {
    loan.close();
  }

  @Actor
  public void end() {
    borrower.cancel();
  }

  @Arbiter
  public void look(ZI_Result r) {
    r.r1 = loan.isRevoked();
    r.r2 = pool.snapshot().idle();
  }
}
