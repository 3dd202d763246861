package dev.resilience.stage;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.context.WorkContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A stage that completes as another one does, or when a context ends: whichever comes first. */
public final class BoundedStage {

  private BoundedStage() {}

  /** The stage itself where it has completed; else one that also ends with the context. */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      Context ctx, CompletionStage<T> stage) {
    CompletableFuture<T> completed = Stages.completed(stage);
    if (completed != null && !completed.isCompletedExceptionally()) {
      // What is there already comes out, also if the context has ended meanwhile.
      return completed;
    }
    CompletableFuture<T> bounded = new CompletableFuture<>();
    if (completed != null) {
      Stages.forward(completed, bounded);
      return bounded;
    }
    Registration end = ctx.onDone(() -> bounded.completeExceptionally(ctx.toException()));
    Stages.watch(
        stage,
        bounded,
        (value, failure) -> {
          end.withdraw();
          Stages.complete(bounded, value, failure);
        });
    return bounded;
  }

  /**
   * The same for a run of work, which is over when its stage completes, and whose failure may be
   * the end of its context. A stage that others wait for, too, keeps nothing of one whose context
   * has ended.
   */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      WorkContext run, CompletionStage<T> stage) {
    CompletableFuture<T> completed = Stages.completed(stage);
    if (completed != null && !completed.isCompletedExceptionally()) {
      run.returned();
      return completed;
    }
    CompletableFuture<T> bounded = new CompletableFuture<>();
    Stages.Watcher<T> outcome =
        (value, failure) -> {
          if (failure == null) {
            run.returned();
            bounded.complete(value);
          } else {
            bounded.completeExceptionally(run.failed(failure));
          }
        };
    if (completed != null) {
      Stages.watch(completed, bounded, outcome);
      return bounded;
    }
    Registration end = run.onDone(() -> bounded.completeExceptionally(run.toException()));
    Stages.watch(
        orLeft(stage, bounded),
        bounded,
        (value, failure) -> {
          end.withdraw();
          if (!bounded.isDone()) {
            outcome.completed(value, failure);
          }
        });
    return bounded;
  }

  /**
   * A stage that completes with the first of two. Of all dependents of a future those of {@code
   * anyOf} alone are taken off it again when another one has completed.
   */
  @SuppressWarnings("unchecked") // both have a T
  private static <T extends @Nullable Object> CompletionStage<T> orLeft(
      CompletionStage<T> stage, CompletableFuture<T> left) {
    try {
      return stage instanceof CompletableFuture<T> future
          ? (CompletionStage<T>) CompletableFuture.anyOf(future, left)
          : stage;
    } catch (RuntimeException minimal) {
      return stage;
    }
  }
}
