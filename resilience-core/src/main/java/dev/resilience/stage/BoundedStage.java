package dev.resilience.stage;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
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
}
