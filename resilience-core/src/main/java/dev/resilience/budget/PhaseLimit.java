package dev.resilience.budget;

import dev.resilience.budget.BudgetReport.Outcome;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.Failures;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.stage.Stages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the work of a phase within the time it is given. A result that comes too late is returned
 * nevertheless: the time is gone either way, and the phases after it get their share of the rest.
 */
final class PhaseLimit implements ContextPolicy {

  private final PhaseRecord entry;
  private final Supplier<Duration> share;

  /**
   * A limit.
   *
   * @param share what the phase is given; throws {@link NoTimeLeftException} if that is nothing
   */
  PhaseLimit(PhaseRecord entry, Supplier<Duration> share) {
    this.entry = entry;
    this.share = share;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    Duration given = begin(ctx);
    try (CancellableContext child = ctx.withTimeout(given)) {
      Context inside = BudgetRun.within(child, entry);
      T result;
      try {
        result = next.call(inside, work);
      } catch (Throwable failure) {
        throw Failures.<X>asThrown(ended(ctx, child, given, failure));
      }
      entry.end(ctx, Outcome.DONE);
      return result;
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Duration given;
    try {
      given = begin(ctx);
    } catch (NoTimeLeftException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext child = ctx.withTimeout(given);
    CompletableFuture<T> answer = new CompletableFuture<>();
    Stages.watch(
        next.callAsync(BudgetRun.within(child, entry), work),
        answer,
        (result, failure) -> {
          if (failure != null) {
            answer.completeExceptionally(ended(ctx, child, given, failure));
          } else {
            child.close();
            entry.end(ctx, Outcome.DONE);
            answer.complete(result);
          }
        });
    return answer;
  }

  private Duration begin(Context ctx) {
    Duration given;
    try {
      given = share.get();
    } catch (NoTimeLeftException refused) {
      entry.refuse();
      throw refused;
    }
    entry.begin(given, ctx.timeSource());
    return given;
  }

  /** Closes a phase that failed. What the caller gets. */
  private Throwable ended(
      Context ctx, CancellableContext child, Duration given, Throwable failure) {
    child.close();
    boolean outOfTime = child.error() instanceof DeadlineExceededException;
    entry.end(child, outOfTime ? Outcome.OUT_OF_TIME : Outcome.FAILED);
    if (failure instanceof InterruptedException interrupted) {
      // Of a policy inside: that of the work would have been turned into the end of the context.
      return Failures.interrupted(ctx, interrupted);
    }
    if (failure instanceof Error || !child.isTimedOut()) {
      return failure;
    }
    AttemptTimeoutException timedOut = new AttemptTimeoutException(entry.phase.name(), given);
    if (failure instanceof ContextException) {
      for (Throwable own : failure.getSuppressed()) {
        if (own instanceof Error) {
          return own;
        }
        Failures.suppress(timedOut, own);
      }
    } else {
      Failures.suppress(timedOut, failure);
    }
    return timedOut;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  @Override
  public String toString() {
    return "phase " + entry.phase;
  }
}
