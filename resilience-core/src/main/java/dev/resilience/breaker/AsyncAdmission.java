package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A call whose stage has not completed with a result yet. It is counted before it is answered. */
final class AsyncAdmission<T extends @Nullable Object> {

  private final Breaker breaker;
  private final Context ctx;
  private final Admission admission;
  private final long start;
  private final CompletableFuture<T> answer = new CompletableFuture<>();

  AsyncAdmission(Breaker breaker, Context ctx, Admission admission, long start) {
    this.breaker = breaker;
    this.ctx = ctx;
    this.admission = admission;
    this.start = start;
  }

  CompletionStage<T> follow(CompletionStage<T> stage) {
    try {
      // Not whenComplete: its stage would wrap each failure once more, with a trace, for nobody.
      stage.handle(
          (value, thrown) -> {
            answer(value, thrown == null ? null : Failures.unwrap(thrown));
            return null;
          });
    } catch (Throwable brokenStage) {
      answer(null, brokenStage);
    }
    return answer;
  }

  @SuppressWarnings("NullAway") // a null value is one that T allows
  private void answer(@Nullable T value, @Nullable Throwable failure) {
    try {
      if (failure != null) {
        breaker.settleFailure(admission, ctx, start, failure);
        answer.completeExceptionally(failure);
      } else {
        breaker.settleResult(admission, ctx, start, value);
        answer.complete(value);
      }
    } catch (Throwable broken) {
      answer.completeExceptionally(broken);
    }
  }
}
