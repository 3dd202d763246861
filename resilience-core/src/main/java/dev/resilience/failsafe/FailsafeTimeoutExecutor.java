package dev.resilience.failsafe;

import dev.failsafe.Policy;
import dev.failsafe.Timeout;
import dev.failsafe.TimeoutExceededException;
import dev.failsafe.spi.AsyncExecutionInternal;
import dev.failsafe.spi.ExecutionInternal;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.FailsafeFuture;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import dev.resilience.stage.Stages;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Failsafe's timeout on the clock of a context: its own uses one scheduler for all, whatever it is
 * given. The work and the limit end in one compare-and-set. What is cancelled is interrupted by its
 * context, and not by Failsafe: an interrupt of its own lasts into the next attempt, where it
 * clears one from outside.
 */
final class FailsafeTimeoutExecutor extends PolicyExecutor<Object> {

  private final PolicyExecutor<Object> deciding;
  private final Timeout<Object> timeout;
  private final TimeSource time;

  FailsafeTimeoutExecutor(
      Policy<Object> policy,
      int policyIndex,
      PolicyExecutor<Object> deciding,
      Timeout<Object> timeout,
      TimeSource time) {
    super(policy, policyIndex);
    this.deciding = deciding;
    this.timeout = timeout;
    this.time = time;
  }

  @Override
  public Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> apply(
      Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> inner, Scheduler shared) {
    return execution -> {
      AtomicReference<@Nullable ExecutionResult<Object>> decided = new AtomicReference<>();
      Timer timer = start(() -> cancel(execution, decided));
      ExecutionResult<Object> result = inner.apply(execution);
      timer.cancel();
      ExecutionResult<Object> first = decided.compareAndExchange(null, result);
      return deciding.postExecute(execution, first != null ? first : result);
    };
  }

  @Override
  public Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
      applyAsync(
          Function<AsyncExecutionInternal<Object>, CompletableFuture<ExecutionResult<Object>>>
              inner,
          Scheduler shared,
          FailsafeFuture<Object> future) {
    return execution -> {
      AtomicReference<@Nullable ExecutionResult<Object>> decided = new AtomicReference<>();
      Timer timer =
          start(
              () -> {
                ExecutionResult<Object> passed = cancel(execution, decided);
                if (passed != null) {
                  future.cancelDependencies(this, timeout.getConfig().canInterrupt(), passed);
                }
              });
      CompletableFuture<ExecutionResult<Object>> promise = new CompletableFuture<>();
      Stages.watch(
          inner.apply(execution),
          promise,
          (result, broken) -> {
            timer.cancel();
            ExecutionResult<Object> first =
                result == null ? decided.get() : decided.compareAndExchange(null, result);
            ExecutionResult<Object> counts = first != null ? first : result;
            if (broken != null) {
              promise.completeExceptionally(broken);
            } else {
              promise.complete(counts == null ? null : deciding.postExecute(execution, counts));
            }
          });
      return promise;
    };
  }

  private Timer start(Runnable limitPassed) {
    long due = time.nanoTime() + Durations.toNanos(timeout.getConfig().getTimeout());
    // It cancels, and so calls user code: not on the timer thread.
    return time.startTimer(due, () -> time.executor().execute(limitPassed));
  }

  /** What the call comes to if the limit was first; else null. */
  private @Nullable ExecutionResult<Object> cancel(
      ExecutionInternal<Object> execution,
      AtomicReference<@Nullable ExecutionResult<Object>> decided) {
    ExecutionResult<Object> passed =
        ExecutionResult.exception(new TimeoutExceededException(timeout));
    if (!decided.compareAndSet(null, passed)) {
      return null;
    }
    ExecutionInternal<Object> latest = execution.getLatest();
    latest.record(passed);
    latest.cancel(this);
    return passed;
  }
}
