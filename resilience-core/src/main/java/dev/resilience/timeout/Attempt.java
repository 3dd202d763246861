package dev.resilience.timeout;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.text.DurationText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One attempt under a limit: its context, and what the caller gets when that has ended.
 *
 * <p>The end of the child context is the one compare-and-set between the work and the limit: the
 * work that is done closes it, and has won if it was the close that ended it.
 *
 * <p>How the work is run is told by a subclass, and not by an object beside this: one object less
 * for each call.
 */
abstract sealed class Attempt permits SyncAttempt, IsolatedAttempt, AsyncAttempt {

  private final TimeLimiter enforcer;
  private final Duration limit;
  private final @Nullable AttemptListener gauge;
  final Context caller;
  final CancellableContext child;

  /** Whether it is the caller's deadline that ends the child. */
  private final boolean underCallersDeadline;

  /** When the attempt began, where the child has no deadline of its own that tells. */
  private final long start;

  @SuppressWarnings("MustBeClosed") // closed when it is settled
  Attempt(TimeLimiter enforcer, Duration limit, @Nullable AttemptListener gauge, Context caller) {
    this.enforcer = enforcer;
    this.limit = limit;
    this.gauge = gauge;
    this.caller = caller;
    this.child = caller.withTimeout(limit);
    Deadline callers = caller.deadline().orElse(null);
    this.underCallersDeadline = callers != null && callers.equals(child.deadline().orElseThrow());
    this.start = underCallersDeadline ? caller.timeSource().nanoTime() : 0;
  }

  final TimeoutCounters account() {
    return enforcer.overdue();
  }

  private long begunAt() {
    return underCallersDeadline
        ? start
        : child.deadline().orElseThrow().nanos() - Durations.toNanos(limit);
  }

  final Duration ran() {
    return Duration.ofNanos(Math.max(0, caller.timeSource().nanoTime() - begunAt()));
  }

  /** The work is done, or nobody waits for it any more. */
  final void close() {
    child.close();
  }

  /** Closes the attempt. What the caller gets although the work succeeded; null: the result. */
  final @Nullable Throwable afterSuccess(@Nullable Object result) {
    close();
    if (child.isTimedOut()) {
      return measured(timedOut());
    }
    if (gauge != null) {
      long now = caller.timeSource().nanoTime();
      gauge.returned(result, limit, now - begunAt(), now);
    }
    return null;
  }

  /**
   * Closes the attempt. What the caller gets when the work failed.
   *
   * @param begun whether the work was reached at all
   */
  final Throwable afterFailure(Throwable failure, boolean begun) {
    close();
    Throwable thrown = instead(failure, begun);
    return begun ? measured(thrown) : thrown;
  }

  /** What happens after the end of its context says nothing more of how long the work takes. */
  private Throwable measured(Throwable thrown) {
    if (gauge != null) {
      long now = caller.timeSource().nanoTime();
      long begun = begunAt();
      long most = child.deadline().orElseThrow().nanos() - begun;
      gauge.failed(caller, thrown, limit, Math.min(now - begun, most), now);
    }
    return thrown;
  }

  private Throwable instead(Throwable failure, boolean begun) {
    Throwable[] own = ownFailures(failure);
    if (own.length > 0 && own[0] instanceof Error) {
      return own[0];
    }
    if (child.isTimedOut()) {
      return withSuppressed(timedOut(), own);
    }
    if (!child.isEndInherited()) {
      return failure;
    }
    ContextException end = caller.toException();
    return withSuppressed(
        end instanceof DeadlineExceededException
            ? new DeadlineExceededException(
                end.getMessage()
                    + ", before the limit of "
                    + enforcer.name()
                    + " ("
                    + DurationText.of(limit)
                    + ")",
                begun ? atLeastOneNano(ran()) : Duration.ZERO,
                limit)
            : end,
        own);
  }

  /**
   * The caller's deadline or cancel has ended the attempt, or its own limit: what the caller gets.
   */
  final Throwable cutOff() {
    return afterFailure(child.toException(), true);
  }

  private AttemptTimeoutException timedOut() {
    account().limitPassed(caller, limit);
    return new AttemptTimeoutException(enforcer.name(), limit);
  }

  /** No length at all would say that the work was not begun. */
  private static Duration atLeastOneNano(Duration ran) {
    return ran.isZero() ? Duration.ofNanos(1) : ran;
  }

  /** What the work threw when it was stopped, which the end of its context was put around. */
  private static Throwable[] ownFailures(Throwable failure) {
    Throwable own = failure;
    while (own instanceof ContextException) {
      Throwable[] suppressed = own.getSuppressed();
      if (suppressed.length != 1) {
        return suppressed;
      }
      own = suppressed[0];
    }
    return new Throwable[] {own};
  }

  private static Throwable withSuppressed(Throwable fresh, Throwable[] own) {
    for (Throwable failure : own) {
      fresh.addSuppressed(failure);
    }
    return fresh;
  }
}
