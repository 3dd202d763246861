package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.context.Waiters;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;

/**
 * A second callback, for which a list has to be made, is registered while the context is cancelled
 * and the first one is taken away; then the first one is taken back. Whether that succeeded, how
 * often each ran, and how many are left.
 */
@JCStressTest
@Outcome(id = "1, 0, 1, 0", expect = ACCEPTABLE, desc = "taken back; the second one ran once")
@Outcome(id = "0, 1, 1, 0", expect = ACCEPTABLE, desc = "too late; both ran once")
@Outcome(expect = FORBIDDEN, desc = "one was lost or ran twice, or the list is out of order")
@State
public class CancelAgainstList {

  private final CancellableContext context = Context.background().withCancel();
  private final AtomicInteger first = new AtomicInteger();
  private final AtomicInteger second = new AtomicInteger();
  private final Registration registration = context.onDone(first::incrementAndGet);

  @Actor
  public void cancel() {
    context.cancel();
  }

  @Actor
  public void registerAndWithdraw(IIII_Result r) {
    context.onDone(second::incrementAndGet);
    r.r1 = registration.withdraw() ? 1 : 0;
  }

  @Arbiter
  public void count(IIII_Result r) {
    r.r2 = first.get();
    r.r3 = second.get();
    r.r4 = Waiters.of(context);
  }
}
