package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** A callback is registered while the context is cancelled. */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the callback ran once")
@Outcome(expect = FORBIDDEN, desc = "the callback was forgotten, or ran twice")
@State
public class CancelAgainstRegister {

  private final CancellableContext context = Context.background().withCancel();
  private final AtomicInteger told = new AtomicInteger();

  @Actor
  public void cancel() {
    context.cancel();
  }

  @Actor
  public void register() {
    context.onDone(told::incrementAndGet);
  }

  @Arbiter
  public void count(I_Result r) {
    r.r1 = told.get();
  }
}
