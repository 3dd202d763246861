package dev.resilience.failsafe;

import dev.failsafe.Policy;
import dev.failsafe.RetryPolicyConfig;
import dev.failsafe.event.EventListener;
import dev.failsafe.event.ExecutionAttemptedEvent;
import dev.failsafe.event.ExecutionScheduledEvent;
import dev.failsafe.spi.AsyncExecutionInternal;
import dev.failsafe.spi.ExecutionInternal;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.FailsafeFuture;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.stage.Stages;
import dev.resilience.stage.Trampoline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Failsafe's retry policy decides whether there is another attempt and after which delay; the delay
 * is the context's. One that does not fit into the time left ends the call with its last failure.
 */
final class FailsafeRetryExecutor extends PolicyExecutor<Object> {

  private final PolicyExecutor<Object> deciding;
  private final RetryPolicyConfig<Object> config;
  private final Context ctx;

  FailsafeRetryExecutor(
      Policy<Object> policy,
      int policyIndex,
      PolicyExecutor<Object> deciding,
      RetryPolicyConfig<Object> config,
      Context ctx) {
    super(policy, policyIndex);
    this.deciding = deciding;
    this.config = config;
    this.ctx = ctx;
  }

  @Override
  public Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> apply(
      Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> inner, Scheduler shared) {
    return first -> {
      SyncExecutionInternal<Object> execution = first;
      while (true) {
        ExecutionResult<Object> result = inner.apply(execution);
        Duration delay = delayAfter(execution, result);
        if (delay == null) {
          return result;
        }
        Throwable end = sleep(execution, delay);
        if (end != null) {
          return ExecutionResult.exception(end);
        }
        SyncExecutionInternal<Object> next = execution.copy();
        // After the copy is known, so that a time-out outside cancels one of the two.
        if (execution.isCancelled(this)) {
          return result;
        }
        execution = next;
        tellRetry(execution, result);
      }
    };
  }

  /** Ends with the caller, and when a policy outside cancels the attempt. */
  private @Nullable Throwable sleep(SyncExecutionInternal<Object> execution, Duration delay) {
    try (CancellableContext pause = ctx.withCancel()) {
      execution.onCancel(pause::cancel);
      pause.sleep(delay);
      return null;
    } catch (ContextException end) {
      return end;
    } catch (InterruptedException interrupt) {
      return FailsafePolicyAdapter.interrupted(ctx, interrupt);
    }
  }

  @Override
  public Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
      applyAsync(
          Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
              inner,
          Scheduler shared,
          FailsafeFuture<Object> future) {
    return first -> {
      CompletableFuture<ExecutionResult<Object>> promise = new CompletableFuture<>();
      future.setCancelFn(this, (mayInterrupt, cancelled) -> promise.complete(cancelled));
      Trampoline steps = new Trampoline();
      steps.run(() -> begin(first, inner, future, promise, steps));
      return promise;
    };
  }

  private void begin(
      AsyncExecutionInternal<Object> execution,
      Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>> inner,
      FailsafeFuture<Object> future,
      CompletableFuture<ExecutionResult<Object>> promise,
      Trampoline steps) {
    try {
      attempt(execution, inner, future, promise, steps);
    } catch (Throwable broken) {
      promise.completeExceptionally(broken);
    }
  }

  private void attempt(
      AsyncExecutionInternal<Object> execution,
      Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>> inner,
      FailsafeFuture<Object> future,
      CompletableFuture<ExecutionResult<Object>> promise,
      Trampoline steps) {
    Stages.watch(
        inner.apply(execution),
        promise,
        (result, broken) -> {
          if (broken != null) {
            promise.completeExceptionally(broken);
            return;
          }
          Duration delay = result == null ? null : delayAfter(execution, result);
          if (delay == null) {
            promise.complete(result);
            return;
          }
          AsyncExecutionInternal<Object> next = execution.copy();
          future.setExecution(next);
          Runnable goOn =
              () -> {
                if (!promise.isDone() && !next.isCancelled(this)) {
                  tellRetry(next, result);
                  begin(next, inner, future, promise, steps);
                }
              };
          if (delay.isZero()) {
            steps.run(goOn);
          } else {
            Stages.watch(
                ctx.delay(delay),
                promise,
                (nothing, end) -> {
                  if (end == null) {
                    steps.run(goOn);
                  } else {
                    promise.complete(ExecutionResult.exception(end));
                  }
                });
          }
        });
  }

  /** Null: the result stands. */
  private @Nullable Duration delayAfter(
      ExecutionInternal<Object> execution, ExecutionResult<Object> result) {
    boolean failed = result.getException() != null;
    if (FailsafePolicyAdapter.isBeyondRules(ctx, result)
        || (failed && ctx.isDone())
        || result.getException() instanceof Error
        || execution.isCancelled(this)) {
      return null;
    }
    ExecutionResult<Object> decided = deciding.postExecute(execution, result);
    if (decided.isComplete() || execution.isCancelled(this)) {
      return null;
    }
    Duration delay = Duration.ofNanos(decided.getDelay());
    if (delay.compareTo(ctx.timeLeft()) >= 0) {
      return null;
    }
    tell(
        config.getRetryScheduledListener(),
        new ExecutionScheduledEvent<>(result.getResult(), result.getException(), delay, execution));
    return delay;
  }

  private void tellRetry(ExecutionInternal<Object> execution, ExecutionResult<Object> last) {
    tell(
        config.getRetryListener(),
        new ExecutionAttemptedEvent<>(last.getResult(), last.getException(), execution));
  }

  /** As Failsafe does, what a listener throws is swallowed. */
  private static <E> void tell(@Nullable EventListener<E> listener, E event) {
    if (listener == null) {
      return;
    }
    try {
      listener.accept(event);
    } catch (Throwable swallowed) {
      // as said
    }
  }
}
