package dev.resilience.failsafe;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Policy;
import dev.failsafe.PolicyConfig;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.spi.AsyncExecutionInternal;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.FailsafeFuture;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A policy of Failsafe's for one call. Decides as ever, but waits in the time of the context and
 * not beyond its deadline, and is told nothing of what the caller gave up on.
 */
final class FailsafePolicyAdapter implements Policy<Object> {

  private final Policy<Object> policy;
  private final Context ctx;
  private final Scheduler scheduler;

  FailsafePolicyAdapter(Policy<Object> policy, Context ctx, Scheduler scheduler) {
    this.policy = policy;
    this.ctx = ctx;
    this.scheduler = scheduler;
  }

  @Override
  public PolicyConfig<Object> getConfig() {
    return policy.getConfig();
  }

  @Override
  public PolicyExecutor<Object> toExecutor(int policyIndex) {
    PolicyExecutor<Object> deciding = policy.toExecutor(policyIndex);
    if (policy instanceof RetryPolicy<Object> retry) {
      return new FailsafeRetryExecutor(this, policyIndex, deciding, retry.getConfig(), ctx);
    }
    if (policy instanceof Bulkhead<Object> bulkhead) {
      return new FailsafeBulkheadExecutor(this, policyIndex, bulkhead, ctx, scheduler);
    }
    return policy instanceof Timeout<Object> timeout
        ? new FailsafeTimeoutExecutor(this, policyIndex, deciding, timeout, ctx.timeSource())
        : new Bound(policyIndex, deciding);
  }

  /** Whether the rules have no say, because nobody waits or because the thread is wanted. */
  static boolean isBeyondRules(Context ctx, ExecutionResult<Object> result) {
    return ctx.isCancelled() || result.getException() instanceof CallInterruptedException;
  }

  private final class Bound extends PolicyExecutor<Object> {

    private final PolicyExecutor<Object> deciding;

    Bound(int policyIndex, PolicyExecutor<Object> deciding) {
      super(FailsafePolicyAdapter.this, policyIndex);
      this.deciding = deciding;
    }

    @Override
    public Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> apply(
        Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> inner, Scheduler shared) {
      if (policy instanceof CircuitBreaker<Object> breaker) {
        return execution -> {
          if (!breaker.tryAcquirePermit()) {
            execution.preExecute();
            return ExecutionResult.exception(new CircuitBreakerOpenException(breaker));
          }
          ExecutionResult<Object> result = inner.apply(execution);
          return isEvidence(breaker, result) ? deciding.postExecute(execution, result) : result;
        };
      }
      if (policy instanceof RateLimiter<Object> limiter) {
        return execution -> {
          ExecutionResult<Object> refusal = awaitPermit(limiter);
          if (refusal != null) {
            execution.preExecute();
            return refusal;
          }
          return deciding.postExecute(execution, inner.apply(execution));
        };
      }
      if (policy instanceof dev.failsafe.Fallback<Object>) {
        return execution -> {
          ExecutionResult<Object> result = inner.apply(execution);
          return isFinal(result)
              ? result
              : deciding.apply(known -> result, scheduler).apply(execution);
        };
      }
      return deciding.apply(inner, scheduler);
    }

    @Override
    public Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
        applyAsync(
            Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
                inner,
            Scheduler shared,
            FailsafeFuture<Object> future) {
      if (policy instanceof CircuitBreaker<Object> breaker) {
        return execution -> {
          if (!breaker.tryAcquirePermit()) {
            execution.preExecute();
            return CompletableFuture.completedFuture(
                ExecutionResult.exception(new CircuitBreakerOpenException(breaker)));
          }
          return inner
              .apply(execution)
              .thenApply(
                  result ->
                      result != null && isEvidence(breaker, result)
                          ? deciding.postExecute(execution, result)
                          : result);
        };
      }
      if (policy instanceof dev.failsafe.Fallback<Object>) {
        return execution ->
            inner
                .apply(execution)
                .thenCompose(
                    result ->
                        result == null || isFinal(result)
                            ? CompletableFuture.completedFuture(result)
                            : deciding
                                .applyAsync(
                                    known -> CompletableFuture.completedFuture(result),
                                    scheduler,
                                    future)
                                .apply(execution));
      }
      return deciding.applyAsync(inner, scheduler, future);
    }

    /** The permit of a half-open breaker can be given back only with a result. */
    private boolean isEvidence(CircuitBreaker<Object> breaker, ExecutionResult<Object> result) {
      return !isBeyondRules(ctx, result) || breaker.isHalfOpen();
    }

    private boolean isFinal(ExecutionResult<Object> result) {
      return isBeyondRules(ctx, result) || result.getException() instanceof Error;
    }

    /** Null: there is one. A reservation cannot be returned, so none is made in vain. */
    private @Nullable ExecutionResult<Object> awaitPermit(RateLimiter<Object> limiter) {
      Duration most = limiter.getConfig().getMaxWaitTime();
      Duration left = ctx.timeLeft();
      if (most == null) {
        most = Duration.ZERO;
      }
      Duration wait = limiter.tryReservePermit(most.compareTo(left) < 0 ? most : left);
      if (wait.isNegative()) {
        return ExecutionResult.exception(new dev.failsafe.RateLimitExceededException(limiter));
      }
      try {
        ctx.sleep(wait);
        return null;
      } catch (ContextException end) {
        return ExecutionResult.exception(end);
      } catch (InterruptedException interrupt) {
        return ExecutionResult.exception(FailsafePolicyAdapter.interrupted(ctx, interrupt));
      }
    }
  }

  /** By our own hand, because the context ended; or from outside, and then it is kept. */
  static Throwable interrupted(Context ctx, InterruptedException interrupt) {
    return Failures.interrupted(ctx, interrupt);
  }
}
