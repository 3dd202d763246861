package dev.resilience.redis;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an asynchronous caller gets, by one question or several. To cancel it is to leave the
 * question that is open; failures stay raw.
 */
final class StageChain<T extends @Nullable Object> {

  private final CompletableFuture<T> result = new CompletableFuture<>();
  private volatile @Nullable CompletionStage<?> open;

  StageChain() {
    CompletionStage<T> seen = result;
    seen.whenComplete((value, failure) -> leave());
  }

  /** Asks; what the stage fails with is the answer, what it brings goes to {@code then}. */
  <S extends @Nullable Object> void ask(CompletionStage<S> question, Consumer<? super S> then) {
    ask(question, then, this::fail);
  }

  /** Asks; what the stage brings, or fails with, goes to one of the two. */
  <S extends @Nullable Object> void ask(
      CompletionStage<S> question, Consumer<? super S> then, Consumer<Throwable> orElse) {
    open = question;
    question.whenComplete(
        (value, failure) -> {
          try {
            if (failure == null) {
              then.accept(value);
            } else {
              orElse.accept(Failures.unwrap(failure));
            }
          } catch (Throwable broken) {
            fail(broken);
          }
        });
    if (result.isDone()) {
      leave();
    }
  }

  private void leave() {
    CompletionStage<?> question = open;
    if (question != null) {
      question.toCompletableFuture().cancel(true);
    }
  }

  void give(T value) {
    result.complete(value);
  }

  void fail(Throwable failure) {
    result.completeExceptionally(Failures.unwrap(failure));
  }

  CompletionStage<T> stage() {
    return result;
  }

  /** The outcome of something that goes on when the caller's context ends. */
  static <T extends @Nullable Object> CompletionStage<T> of(Context ctx, CompletionStage<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Registration end = ctx.onDone(() -> result.completeExceptionally(ctx.toException()));
    work.whenComplete(
        (value, failure) -> {
          end.withdraw();
          if (failure == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(Failures.unwrap(failure));
          }
        });
    return result;
  }
}
