package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Waiters;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A child is closed while its parent is cancelled. */
@JCStressTest
@Outcome(
    id = "1, 0, 0",
    expect = ACCEPTABLE,
    desc = "told once, nothing left linked, no timer left")
@Outcome(expect = FORBIDDEN, desc = "forgotten, told twice, or left behind")
@State
public class CloseAgainstParentCancel {

  private final HandClock clock = new HandClock();
  private final CancellableContext parent = Context.background(clock).withCancel();
  private final CancellableContext child = parent.withTimeout(Duration.ofSeconds(1));
  private final AtomicInteger told = new AtomicInteger();

  public CloseAgainstParentCancel() {
    child.onDone(told::incrementAndGet);
  }

  @Actor
  public void close() {
    child.close();
  }

  @Actor
  public void cancel() {
    parent.cancel();
  }

  @Arbiter
  public void count(III_Result r) {
    r.r1 = told.get();
    r.r2 = Waiters.of(parent) + Waiters.of(child);
    r.r3 = clock.standing();
  }
}
