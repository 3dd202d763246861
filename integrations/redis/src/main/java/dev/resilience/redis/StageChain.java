package dev.resilience.redis;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.stage.Stages;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
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
    Stages.watch(seen, (value, failure) -> leave());
  }

  /** Asks; what the stage fails with is the answer, what it brings goes to {@code then}. */
  <S extends @Nullable Object> void ask(CompletionStage<S> question, Consumer<? super S> then) {
    ask(question, then, this::fail);
  }

  /** Asks; what the stage brings, or fails with, goes to one of the two. */
  <S extends @Nullable Object> void ask(
      CompletionStage<S> question, Consumer<? super S> then, Consumer<Throwable> orElse) {
    open = question;
    Stages.watch(
        question,
        result,
        (value, failure) -> {
          if (failure == null) {
            then.accept(value);
          } else {
            orElse.accept(failure);
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

  /**
   * The outcome of something that goes on when the caller's context ends, and may never end: it
   * holds nothing of a caller who has gone.
   */
  static <T extends @Nullable Object> CompletionStage<T> of(Context ctx, CompletionStage<T> work) {
    AtomicReference<@Nullable CompletableFuture<T>> waiting =
        new AtomicReference<>(new CompletableFuture<>());
    CompletableFuture<T> result = Objects.requireNonNull(waiting.get());
    Registration end =
        ctx.onDone(
            () -> {
              waiting.set(null);
              result.completeExceptionally(ctx.toException());
            });
    CompletionStage<T> answer = result;
    Stages.watch(answer, (value, failure) -> end.withdraw());
    Stages.watch(
        work,
        (value, failure) -> {
          CompletableFuture<T> caller = waiting.getAndSet(null);
          if (caller != null) {
            Stages.complete(caller, value, failure);
          }
        });
    return answer;
  }
}
