package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Waiters;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The first callback below a context, which links the contexts in between, is registered while that
 * context is cancelled. Then: how often it ran, and how many are still linked.
 */
public class ParentCancelAgainstLink {

  private ParentCancelAgainstLink() {}

  /** At a child. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "told once, nothing left linked")
  @Outcome(expect = FORBIDDEN, desc = "forgotten, told twice, or left behind in a list")
  @State
  public static class Child {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context below = parent.withCancel();
    private final AtomicInteger told = new AtomicInteger();

    @Actor
    public void cancel() {
      parent.cancel();
    }

    @Actor
    public void register() {
      below.onDone(told::incrementAndGet);
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = told.get();
      r.r2 = Waiters.of(parent) + Waiters.of(below);
    }
  }

  /** Two levels below. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "told once, nothing left linked")
  @Outcome(expect = FORBIDDEN, desc = "forgotten, told twice, or left behind in a list")
  @State
  public static class Grandchild {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context below = parent.withCancel().withCancel();
    private final AtomicInteger told = new AtomicInteger();

    @Actor
    public void cancel() {
      parent.cancel();
    }

    @Actor
    public void register() {
      below.onDone(told::incrementAndGet);
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = told.get();
      r.r2 = Waiters.of(parent) + Waiters.of(below);
    }
  }

  /** At a merge of two. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "told once, nothing left linked")
  @Outcome(expect = FORBIDDEN, desc = "forgotten, told twice, or left behind in a list")
  @State
  public static class Merge {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context below = Context.firstOf(Context.background().withCancel(), parent);
    private final AtomicInteger told = new AtomicInteger();

    @Actor
    public void cancel() {
      parent.cancel();
    }

    @Actor
    public void register() {
      below.onDone(told::incrementAndGet);
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = told.get();
      r.r2 = Waiters.of(parent) + Waiters.of(below);
    }
  }

  /** Below a merge of two. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "told once, nothing left linked")
  @Outcome(expect = FORBIDDEN, desc = "forgotten, told twice, or left behind in a list")
  @State
  public static class ChildOfMerge {

    private final CancellableContext parent = Context.background().withCancel();
    private final Context below =
        Context.firstOf(Context.background().withCancel(), parent).withCancel();
    private final AtomicInteger told = new AtomicInteger();

    @Actor
    public void cancel() {
      parent.cancel();
    }

    @Actor
    public void register() {
      below.onDone(told::incrementAndGet);
    }

    @Arbiter
    public void count(II_Result r) {
      r.r1 = told.get();
      r.r2 = Waiters.of(parent) + Waiters.of(below);
    }
  }
}
