package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.concurrent.Task;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskState;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A task is cancelled while its thread begins with it: it ends once, and its end tells the truth.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "cancelled before it began: it never ran")
@Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "cancelled while it ran")
@Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "done")
@Outcome(expect = FORBIDDEN, desc = "done without having run, or no end")
@State
public class CancelAgainstBegin {

  private volatile Runnable handedOver = () -> {};
  private final AtomicInteger ran = new AtomicInteger();
  private final TaskGroup<Integer> group =
      TaskGroup.builder("stress").executor(work -> handedOver = work).open(Context.background());
  private final Task<Integer> task = group.fork("task", ctx -> ran.incrementAndGet());

  @Actor
  public void begin() {
    handedOver.run();
  }

  @Actor
  public void cancel() {
    task.cancel(CancelReason.USER);
  }

  @Arbiter
  public void look(II_Result r) {
    r.r1 = task.state() == TaskState.DONE ? 1 : task.state() == TaskState.CANCELLED ? 0 : -1;
    r.r2 = ran.get();
  }
}
