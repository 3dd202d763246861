package dev.resilience.timeout;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.stage.Stages;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Gives what is inside at least some time, whatever the deadline of its caller: for work that must
 * be finished once it is begun, such as a capture of money or a rollback.
 *
 * <pre>{@code
 * Resilience capture = Resilience.of(MoreTime.atLeast(ofSeconds(3)), retry, timeout);
 * }</pre>
 *
 * <p>The caller's cancel still reaches the work, also one that comes after the caller's deadline.
 * Where the caller has that much time or no deadline, nothing changes. A call whose context has
 * ended before it begins is not begun; see {@link Context#withMoreTime}.
 *
 * <p>This is the one policy that holds its caller beyond the caller's own deadline, by as much as
 * was asked for at most. It belongs outermost: a time-out around it ends the work all the same.
 *
 * <p>Immutable and thread-safe. Costs a small object, and a reading of the clock where there is a
 * deadline.
 */
public final class MoreTime implements ContextPolicy {

  private final Duration time;

  private MoreTime(Duration time) {
    this.time = time;
  }

  /**
   * At least this long, from the beginning of each call.
   *
   * @param time positive
   */
  public static MoreTime atLeast(Duration time) {
    return new MoreTime(Durations.requirePositive(time, "time"));
  }

  /** How long the work has in any case. */
  public Duration time() {
    return time;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    if (ctx.isDone()) {
      throw ended(ctx);
    }
    try (CancellableContext longer = ctx.withMoreTime(time)) {
      return next.call(longer, work);
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    if (ctx.isDone()) {
      return CompletableFuture.failedFuture(ended(ctx));
    }
    @SuppressWarnings("MustBeClosed") // closed when the stage completes
    CancellableContext longer = ctx.withMoreTime(time);
    CompletableFuture<T> answer = new CompletableFuture<>();
    Stages.watch(
        next.callAsync(longer, work),
        answer,
        (result, failure) -> {
          longer.close();
          Stages.complete(answer, result, failure);
        });
    return answer;
  }

  /** Says by a run of no length that the work was not begun. */
  private ContextException ended(Context ctx) {
    ContextException end = ctx.toException();
    return end instanceof DeadlineExceededException
        ? new DeadlineExceededException(
            end.getMessage() + ", before the work was begun", Duration.ZERO, time)
        : end;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.MORE_TIME;
  }

  @Override
  public String toString() {
    return "more time (at least " + DurationText.of(time) + ")";
  }
}
