package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The line before a limit, as those see it who stand in it. */
interface Line {

  /** For messages. */
  String name();

  /**
   * Gives a place up: what it was admitted to is given back. Once for each place that is not used.
   */
  void leave(Place place);

  /** Waits in line. Returns when it is the place's turn and the context lives. */
  default void await(Context ctx, Place place) throws InterruptedException {
    try {
      ctx.await(place);
    } catch (ContextException end) {
      leave(place);
      throw ended(ctx);
    } catch (InterruptedException interrupted) {
      leave(place);
      throw interrupted;
    } catch (ExecutionException impossible) {
      throw new AssertionError("only its owner fails a place", impossible);
    }
    if (ctx.isDone()) {
      leave(place);
      throw ended(ctx);
    }
  }

  /** Does something when it is the place's turn; fails when the context ends before. */
  default <T extends @Nullable Object> CompletionStage<T> then(
      Context ctx, Place place, Supplier<CompletionStage<T>> inside) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Registration end = ctx.onDone(() -> place.completeExceptionally(ended(ctx)));
    CompletionStage<@Nullable Void> turn = place;
    turn.whenComplete(
        (nothing, left) -> {
          end.withdraw();
          if (left != null || ctx.isDone()) {
            leave(place);
            answer.completeExceptionally(left != null ? Failures.unwrap(left) : ended(ctx));
            return;
          }
          inside
              .get()
              .whenComplete(
                  (value, failure) -> {
                    if (failure == null) {
                      answer.complete(value);
                    } else {
                      answer.completeExceptionally(Failures.unwrap(failure));
                    }
                  });
        });
    return answer;
  }

  /** The dependency was not called; a deadline says so by a run of no length. */
  private ContextException ended(Context ctx) {
    ContextException end = ctx.toException();
    return end instanceof DeadlineExceededException
        ? new DeadlineExceededException(
            end.getMessage() + ", while waiting for " + name(), Duration.ZERO, Duration.ZERO)
        : end;
  }
}
