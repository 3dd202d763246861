package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.context.Waiters;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The last two callbacks of a child are taken back at once: nothing may stay linked or armed. */
@JCStressTest
@Outcome(
    id = "0, 0",
    expect = ACCEPTABLE,
    desc = "the parent is rid of the child, the clock of the timer")
@Outcome(expect = FORBIDDEN, desc = "each left it to the other")
@State
public class WithdrawAgainstWithdraw {

  private final HandClock clock = new HandClock();
  private final CancellableContext parent = Context.background(clock).withCancel();
  private final Context child = parent.withTimeout(Duration.ofSeconds(1));
  private final Registration first = child.onDone(() -> {});
  private final Registration second = child.onDone(() -> {});

  @Actor
  public void withdrawFirst() {
    first.withdraw();
  }

  @Actor
  public void withdrawSecond() {
    second.withdraw();
  }

  @Arbiter
  public void count(II_Result r) {
    r.r1 = Waiters.of(parent) + Waiters.of(child);
    r.r2 = clock.standing();
  }
}
