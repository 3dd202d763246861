package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Waiters;
import dev.resilience.context.WorkContext;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** A hook for an early end is registered while the work returns; then the context ends. */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "withdrawn with the work, and nothing stays")
@Outcome(expect = FORBIDDEN, desc = "run after the work was over, or left with the context")
@State
public class HookAgainstReturn {

  private final CancellableContext context = Context.background().withCancel();
  private final WorkContext work = WorkContext.of(context);
  private final AtomicInteger told = new AtomicInteger();

  @Actor
  public void register() {
    work.onAbort(told::incrementAndGet);
  }

  @Actor
  public void over() {
    work.returned();
  }

  @Arbiter
  public void end(II_Result r) {
    r.r2 = Waiters.of(context);
    context.cancel();
    r.r1 = told.get();
  }
}
