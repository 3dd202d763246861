package dev.resilience.failsafe;

import dev.failsafe.Bulkhead;
import dev.failsafe.BulkheadFullException;
import dev.failsafe.Policy;
import dev.failsafe.spi.AsyncExecutionInternal;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.FailsafeFuture;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.stage.Stages;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead of Failsafe's, with a wait of our own. Failsafe's (3.3.2) hands a permit to a waiter
 * whose wait or caller has ended, where nobody gives it back. So nobody waits in its line: a caller
 * looks again after a while, in the time of its context. Its wait is as short as the bulkhead and
 * the context say; whose turn it is, is chance.
 */
final class FailsafeBulkheadExecutor extends PolicyExecutor<Object> {

  /** Short beside a remote call, long beside the look itself, which costs a lock. */
  private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(2);

  private final Bulkhead<Object> bulkhead;
  private final Context ctx;
  private final Scheduler scheduler;

  FailsafeBulkheadExecutor(
      Policy<Object> policy,
      int policyIndex,
      Bulkhead<Object> bulkhead,
      Context ctx,
      Scheduler scheduler) {
    super(policy, policyIndex);
    this.bulkhead = bulkhead;
    this.ctx = ctx;
    this.scheduler = scheduler;
  }

  @Override
  public Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> apply(
      Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> inner, Scheduler shared) {
    return execution -> {
      ExecutionResult<Object> refusal = awaitPermit();
      if (refusal != null) {
        execution.preExecute();
        return refusal;
      }
      try {
        return inner.apply(execution);
      } finally {
        bulkhead.releasePermit();
      }
    };
  }

  /** Null: there is a permit. */
  private @Nullable ExecutionResult<Object> awaitPermit() {
    Duration left = mostWait();
    while (!bulkhead.tryAcquirePermit()) {
      if (left.isZero()) {
        return full();
      }
      Duration wait = left.compareTo(LOOK_AGAIN_AFTER) < 0 ? left : LOOK_AGAIN_AFTER;
      try {
        ctx.sleep(wait);
      } catch (ContextException end) {
        return ExecutionResult.exception(end);
      } catch (InterruptedException interrupt) {
        return ExecutionResult.exception(FailsafePolicyAdapter.interrupted(ctx, interrupt));
      }
      left = left.minus(wait);
    }
    return null;
  }

  @Override
  public Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
      applyAsync(
          Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
              inner,
          Scheduler shared,
          FailsafeFuture<Object> future) {
    return execution -> {
      CompletableFuture<ExecutionResult<Object>> promise = new CompletableFuture<>();
      enter(execution, inner, promise, mostWait());
      return promise;
    };
  }

  private void enter(
      AsyncExecutionInternal<Object> execution,
      Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>> inner,
      CompletableFuture<ExecutionResult<Object>> promise,
      Duration left) {
    try {
      if (ctx.isDone()) {
        refuse(execution, promise, ExecutionResult.exception(ctx.toException()));
      } else if (bulkhead.tryAcquirePermit()) {
        run(execution, inner, promise);
      } else if (left.isZero()) {
        refuse(execution, promise, full());
      } else {
        Duration wait = left.compareTo(LOOK_AGAIN_AFTER) < 0 ? left : LOOK_AGAIN_AFTER;
        // Done at the end of the context at the latest, so there is nothing to cancel.
        var unused =
            scheduler.schedule(
                () -> {
                  enter(execution, inner, promise, left.minus(wait));
                  return null;
                },
                Durations.toNanos(wait),
                TimeUnit.NANOSECONDS);
      }
    } catch (Throwable broken) {
      promise.completeExceptionally(broken);
    }
  }

  private void run(
      AsyncExecutionInternal<Object> execution,
      Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>> inner,
      CompletableFuture<ExecutionResult<Object>> promise) {
    CompletableFuture<ExecutionResult<Object>> running;
    try {
      running = inner.apply(execution);
    } catch (Throwable broken) {
      bulkhead.releasePermit();
      throw broken;
    }
    Stages.watch(
        running,
        promise,
        (result, failure) -> {
          bulkhead.releasePermit();
          Stages.complete(promise, result, failure);
        });
  }

  private static void refuse(
      AsyncExecutionInternal<Object> execution,
      CompletableFuture<ExecutionResult<Object>> promise,
      ExecutionResult<Object> refusal) {
    execution.preExecute();
    promise.complete(refusal);
  }

  private ExecutionResult<Object> full() {
    return ExecutionResult.exception(new BulkheadFullException(bulkhead));
  }

  /** A wait that the caller's deadline would cut off does not begin. */
  private Duration mostWait() {
    Duration most = bulkhead.getConfig().getMaxWaitTime();
    if (most == null) {
      return Duration.ZERO;
    }
    Duration left = ctx.timeLeft();
    return most.compareTo(left) < 0 ? most : left;
  }
}
