package dev.resilience.timeout;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.policy.Call;
import dev.resilience.policy.Next;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An attempt on another thread. Caller and worker meet in one future: the worker completes it with
 * the outcome, or the caller with the news of its leaving, whoever is first.
 */
final class IsolatedAttempt<T extends @Nullable Object, X extends Throwable> extends Attempt {

  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason is made to be shared
  private static final CancelReason INTERRUPTED = CancelReason.of("the caller was interrupted");

  /** What the work came to, as a value: it may be any exception, and is not to be unwrapped. */
  private record Outcome<T extends @Nullable Object>(
      @Nullable T result, @Nullable Throwable failure) {}

  private final Next next;
  private final Call<T, X> work;
  private final CompletableFuture<@Nullable Outcome<T>> outcome = new CompletableFuture<>();

  IsolatedAttempt(
      TimeLimiter enforcer,
      Duration limit,
      @Nullable AttemptListener gauge,
      Context caller,
      Next next,
      Call<T, X> work) {
    super(enforcer, limit, gauge, caller);
    this.next = next;
    this.work = work;
  }

  T call(Workers workers) throws X {
    if (child.isDone()) {
      throw Failures.<X>asThrown(afterFailure(child.toException(), false));
    }
    try {
      workers.start(child.timeSource(), this::work);
    } catch (RejectedExecutionException full) {
      close();
      throw workers.full();
    } catch (Throwable noThread) {
      close();
      throw noThread;
    }
    Outcome<T> reached;
    try {
      reached = child.await(outcome);
    } catch (ContextException end) {
      reached = leave();
      if (reached == null) {
        throw Failures.<X>asThrown(cutOff());
      }
    } catch (InterruptedException interrupted) {
      // The flag is set only now: leaving tells a listener, who must not be disturbed.
      child.cancel(INTERRUPTED);
      leave();
      close();
      throw Failures.interrupted(caller, interrupted);
    } catch (ExecutionException impossible) {
      throw new AssertionError("an outcome is a value", impossible);
    }
    return finish(reached);
  }

  // A success is a T.
  @SuppressWarnings("NullAway")
  private T finish(@Nullable Outcome<T> reached) throws X {
    Throwable failure = reached.failure();
    if (failure != null) {
      throw Failures.<X>asThrown(afterFailure(failure, true));
    }
    Throwable instead = afterSuccess(reached.result());
    if (instead == null) {
      return reached.result();
    }
    account().lateResult(caller, ran(), reached.result(), null);
    throw Failures.<X>asThrown(instead);
  }

  /** Lets the caller go; returns the outcome if it is there already. */
  private @Nullable Outcome<T> leave() {
    int running = account().runsOn();
    if (outcome.complete(null)) {
      account().isAbandoned(caller, running);
      return null;
    }
    account().hasStopped();
    return outcome.join();
  }

  /** On the worker. */
  private void work() {
    if (outcome.isDone()) {
      account().hasStopped();
      return;
    }
    Outcome<T> mine;
    try {
      mine = new Outcome<>(next.call(child, work), null);
    } catch (Throwable failure) {
      mine = new Outcome<>(null, failure);
    }
    if (!outcome.complete(mine)) {
      account().hasStopped();
      account().lateResult(caller, ran(), mine.result(), mine.failure());
    }
  }
}
