package dev.resilience.stage;

import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A stage that completes as another one does, or when a context ends: whichever comes first. */
public final class BoundedStage {

  private BoundedStage() {}

  /** The stage itself where it has completed; else one that also ends with the context. */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      Context ctx, CompletionStage<T> stage) {
    if (stage instanceof CompletableFuture<T> future && future.isDone()) {
      // What is there already comes out, also if the context has ended meanwhile.
      return future.isCompletedExceptionally() ? raw(future) : future;
    }
    CompletableFuture<T> bounded = new CompletableFuture<>();
    Registration end = ctx.onDone(() -> bounded.completeExceptionally(ctx.toException()));
    try {
      stage.whenComplete(
          (value, failure) -> {
            end.withdraw();
            if (failure == null) {
              bounded.complete(value);
            } else {
              bounded.completeExceptionally(Failures.unwrap(failure));
            }
          });
    } catch (Throwable broken) {
      end.withdraw();
      bounded.completeExceptionally(broken);
    }
    return bounded;
  }

  private static <T extends @Nullable Object> CompletionStage<T> raw(CompletionStage<T> failed) {
    CompletableFuture<T> raw = new CompletableFuture<>();
    failed.whenComplete((value, failure) -> raw.completeExceptionally(Failures.unwrap(failure)));
    return raw;
  }
}
