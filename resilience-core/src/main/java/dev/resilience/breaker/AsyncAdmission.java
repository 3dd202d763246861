package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.policy.RawFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A call that did not complete at once. It counts once: when its stage completes, or when the
 * caller ends, since a stage that nobody waits for any more may never complete.
 */
final class AsyncAdmission<T extends @Nullable Object> {

  private final Breaker breaker;
  private final Context ctx;
  private final Admission admission;
  private final AtomicBoolean counted = new AtomicBoolean();
  private final CompletableFuture<T> answer = new CompletableFuture<>();

  AsyncAdmission(Breaker breaker, Context ctx, Admission admission) {
    this.breaker = breaker;
    this.ctx = ctx;
    this.admission = admission;
  }

  CompletionStage<T> follow(CompletionStage<T> stage) {
    Registration callerEnds = ctx.onDone(this::countCallerEnd);
    try {
      stage.whenComplete(
          (value, thrown) -> {
            callerEnds.withdraw();
            answer(value, thrown == null ? null : RawFailure.of(thrown));
          });
    } catch (Throwable brokenStage) {
      callerEnds.withdraw();
      answer(null, brokenStage);
    }
    return answer;
  }

  private void countCallerEnd() {
    if (counted.compareAndSet(false, true)) {
      breaker.countFailure(admission, ctx, ctx.toException());
    }
  }

  @SuppressWarnings("NullAway") // a null value is one that T allows
  private void answer(@Nullable T value, @Nullable Throwable failure) {
    try {
      if (counted.compareAndSet(false, true)) {
        if (failure != null) {
          breaker.countFailure(admission, ctx, failure);
        } else {
          breaker.countResult(admission, ctx, value);
        }
      }
    } catch (Throwable broken) {
      answer.completeExceptionally(broken);
      return;
    }
    if (failure != null) {
      answer.completeExceptionally(failure);
    } else {
      answer.complete(value);
    }
  }
}
