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
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * The last callback of a child is taken back, which unlinks it from its parent, while another is
 * registered, which links it. Then the parent is cancelled: how often was the first told, how often
 * the second, and how many are still linked?
 */
public class WithdrawAgainstRegister {

  private WithdrawAgainstRegister() {}

  /** Both at the child. */
  @JCStressTest
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the new one was told, the old one not")
  @Outcome(expect = FORBIDDEN, desc = "the new one was unlinked, or the old one was left behind")
  @State
  public static class SameScope {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context child = parent.withCancel();
    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();
    private final Registration registration = child.onDone(first::incrementAndGet);

    @Actor
    public void withdraw() {
      registration.withdraw();
    }

    @Actor
    public void register() {
      child.onDone(second::incrementAndGet);
    }

    @Arbiter
    public void cancel(III_Result r) {
      parent.cancel();
      r.r1 = first.get();
      r.r2 = second.get();
      r.r3 = Waiters.of(parent) + Waiters.of(child);
    }
  }

  /** The new one below the child, whose link to the parent both want to change. */
  @JCStressTest
  @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the new one was told, the old one not")
  @Outcome(expect = FORBIDDEN, desc = "the new one was unlinked, or the old one was left behind")
  @State
  public static class OneBelow {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context child = parent.withCancel();
    private final Context grandchild = child.withCancel();
    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();
    private final Registration registration = child.onDone(first::incrementAndGet);

    @Actor
    public void withdraw() {
      registration.withdraw();
    }

    @Actor
    public void register() {
      grandchild.onDone(second::incrementAndGet);
    }

    @Arbiter
    public void cancel(III_Result r) {
      parent.cancel();
      r.r1 = first.get();
      r.r2 = second.get();
      r.r3 = Waiters.of(parent) + Waiters.of(child) + Waiters.of(grandchild);
    }
  }
}
