package dev.resilience.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.resilience.concurrent.PoolShutdownException;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A task is submitted while the pool is closed: it is refused, or it ends. */
@JCStressTest
@Outcome(id = "false, false", expect = ACCEPTABLE, desc = "refused")
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "accepted, and it has ended")
@Outcome(expect = FORBIDDEN, desc = "accepted and lost")
@State
public class SubmitAgainstClose {

  private final WorkerPool pool =
      WorkerPool.builder("stress").workers(1).executor(Runnable::run).open(Context.background());
  private volatile @Nullable PoolTask<Integer> accepted;

  @Actor
  public void submit() {
    try {
      accepted = pool.submit(Context.background(), "task", ctx -> 1);
    } catch (PoolShutdownException refused) {
      accepted = null;
    }
  }

  @Actor
  public void close() {
    pool.close();
  }

  @Arbiter
  public void look(ZZ_Result r) {
    PoolTask<Integer> task = accepted;
    r.r1 = task != null;
    r.r2 = task != null && task.isEnded();
  }
}
