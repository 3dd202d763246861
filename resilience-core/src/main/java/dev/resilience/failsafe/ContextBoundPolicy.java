package dev.resilience.failsafe;

import dev.failsafe.Policy;
import dev.failsafe.PolicyConfig;
import dev.failsafe.spi.AsyncExecutionInternal;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.FailsafeFuture;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import dev.resilience.context.BlockingWork;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.policy.PolicyChain;
import dev.resilience.stage.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** A chain of ours and a caller, as Failsafe sees them. */
@SuppressWarnings("NullAway") // Failsafe's results may be null
final class ContextBoundPolicy<R> implements Policy<R> {

  private final Context ctx;
  private final PolicyChain chain;
  private final PolicyConfig<R> config = new NoListeners<>();

  ContextBoundPolicy(Context ctx, PolicyChain chain) {
    this.ctx = ctx;
    this.chain = chain;
  }

  @Override
  public PolicyConfig<R> getConfig() {
    return config;
  }

  @Override
  public PolicyExecutor<R> toExecutor(int policyIndex) {
    return new Executor(policyIndex);
  }

  @Override
  public String toString() {
    return chain.describe();
  }

  private static final class NoListeners<R> extends PolicyConfig<R> {}

  private final class Executor extends PolicyExecutor<R> {

    Executor(int policyIndex) {
      super(ContextBoundPolicy.this, policyIndex);
    }

    @Override
    public Function<SyncExecutionInternal<R>, ExecutionResult<R>> apply(
        Function<SyncExecutionInternal<R>, ExecutionResult<R>> inner, Scheduler scheduler) {
      return execution -> {
        AtomicBoolean isBegun = new AtomicBoolean();
        BlockingWork<R, RuntimeException> call =
            () ->
                chain.call(
                    ctx,
                    attempt ->
                        Executor.this.<RuntimeException>valueOf(
                            inner.apply(isBegun.getAndSet(true) ? execution.copy() : execution),
                            attempt));
        try {
          return ExecutionResult.success(ctx.interruptibly(call));
        } catch (Throwable failure) {
          execution.preExecute();
          return ExecutionResult.exception(FailsafeFailures.theirs(failure));
        }
      };
    }

    @Override
    public Function<AsyncExecutionInternal<R>, CompletableFuture<ExecutionResult<R>>> applyAsync(
        Function<AsyncExecutionInternal<R>, CompletableFuture<ExecutionResult<R>>> inner,
        Scheduler scheduler,
        FailsafeFuture<R> future) {
      return execution -> {
        AtomicBoolean isBegun = new AtomicBoolean();
        AtomicBoolean isCancelled = new AtomicBoolean();
        CompletionStage<R> call =
            chain.callAsync(
                ctx,
                attempt -> {
                  AsyncExecutionInternal<R> current = execution;
                  if (isBegun.getAndSet(true)) {
                    current = execution.copy();
                    future.setExecution(current);
                  }
                  Registration end =
                      attempt.onDone(
                          () -> {
                            // Whoever cancels from outside cancels what is inside as well.
                            if (!isCancelled.get()) {
                              future.cancelDependencies(this, true, null);
                            }
                          });
                  CompletableFuture<R> answer = new CompletableFuture<>();
                  Stages.watch(
                      inner.apply(current),
                      answer,
                      (result, broken) -> {
                        end.withdraw();
                        if (broken != null) {
                          answer.completeExceptionally(broken);
                        } else {
                          answer.complete(this.<RuntimeException>valueOf(result, attempt));
                        }
                      });
                  return answer;
                });
        CompletableFuture<ExecutionResult<R>> promise = new CompletableFuture<>();
        future.setCancelFn(
            this,
            (mayInterrupt, cancelled) -> {
              isCancelled.set(true);
              promise.complete(cancelled);
              call.toCompletableFuture().cancel(true);
            });
        Stages.watch(
            call,
            promise,
            (value, failure) -> {
              if (failure == null) {
                promise.complete(ExecutionResult.success(value));
              } else {
                execution.preExecute();
                promise.complete(ExecutionResult.exception(FailsafeFailures.theirs(failure)));
              }
            });
        return promise;
      };
    }

    private <X extends Throwable> R valueOf(ExecutionResult<R> result, Context attempt) throws X {
      if (result == null) {
        throw new IllegalStateException(
            "no result (expected: one; results recorded by hand are not supported)");
      }
      Throwable failure = result.getException();
      if (failure == null) {
        return result.getResult();
      }
      Throwable ours = FailsafeFailures.ours(failure);
      if (attempt.isDone() && !(ours instanceof Error)) {
        ContextException end = attempt.toException();
        Failures.suppress(end, ours);
        throw end;
      }
      throw Failures.<X>asThrown(ours);
    }
  }
}
