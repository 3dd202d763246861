package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.context.DoneCallback;
import dev.resilience.context.Registration;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Next;
import dev.resilience.stage.Stages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that hands back a stage. What is inside completes when the child context ends; here it
 * is only told to the caller whose end that was. Each start of the work is watched, so that work
 * which does not hear of the end is known.
 */
final class AsyncAttempt<T extends @Nullable Object> extends Attempt implements AsyncCall<T> {

  private final AsyncCall<T> work;
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private volatile boolean abandoned;

  AsyncAttempt(
      TimeLimiter enforcer,
      Duration limit,
      @Nullable AttemptListener gauge,
      Context caller,
      AsyncCall<T> work) {
    super(enforcer, limit, gauge, caller);
    this.work = work;
  }

  CompletionStage<T> start(Next next) {
    if (child.isDone()) {
      answer.completeExceptionally(afterFailure(child.toException(), false));
    } else {
      Stages.watch(next.callAsync(child, this), answer, this::ended);
    }
    return answer;
  }

  private void ended(T result, @Nullable Throwable failure) {
    if (failure != null) {
      answer.completeExceptionally(afterFailure(failure, true));
      return;
    }
    Throwable instead = afterSuccess(result);
    if (instead == null) {
      answer.complete(result);
      return;
    }
    if (!abandoned) {
      // Its end and the limit came together: no watch tells of it.
      account().lateResult(caller, ran(), result, null);
    }
    answer.completeExceptionally(instead);
  }

  @Override
  public CompletionStage<T> call(Context ctx) throws Exception {
    CompletionStage<T> stage = work.call(ctx);
    return stage == null || Stages.completed(stage) != null
        ? stage
        : new Watch<>(this).over(ctx, stage);
  }

  /**
   * Sees one start of the work to its end. The stage may be one that others wait for, too, and that
   * outlives many callers: who has left is let go of, unless a listener is to hear of the late
   * result and for whom it was.
   */
  private static final class Watch<T extends @Nullable Object> extends AtomicInteger
      implements DoneCallback, Stages.Watcher<T> {

    private static final long serialVersionUID = 1L;

    private static final int RUNNING = 0;
    private static final int LEFT = 1;
    private static final int ENDED = 2;

    private final transient TimeoutCounters account;
    private final transient CompletableFuture<T> seen = new CompletableFuture<>();
    private transient volatile @Nullable AsyncAttempt<T> attempt;
    private transient volatile @Nullable Registration end;

    Watch(AsyncAttempt<T> attempt) {
      super(RUNNING);
      this.account = attempt.account();
      this.attempt = attempt;
    }

    /** Passes the outcome on after it has seen it: what follows on that ends the context. */
    CompletionStage<T> over(Context ctx, CompletionStage<T> stage) {
      Registration registration = ctx.onDone(this);
      end = registration;
      if (get() == LEFT) {
        end = null;
      }
      Stages.watch(stage, seen, this);
      return seen;
    }

    /** The context has ended. */
    @Override
    public void run() {
      AsyncAttempt<T> mine = attempt;
      int running = account.runsOn();
      if (mine != null && compareAndSet(RUNNING, LEFT)) {
        mine.abandoned = true;
        end = null;
        if (!account.isHeard()) {
          attempt = null;
        }
        account.isAbandoned(mine.caller, running);
      } else {
        account.hasStopped();
      }
    }

    @Override
    public void completed(T result, @Nullable Throwable failure) {
      Registration registration = end;
      if (registration != null) {
        registration.withdraw();
      }
      if (!compareAndSet(RUNNING, ENDED)) {
        account.hasStopped();
        AsyncAttempt<T> mine = attempt;
        if (mine != null) {
          account.lateResult(mine.caller, mine.ran(), result, failure);
        }
      }
      Stages.complete(seen, result, failure);
    }
  }
}
