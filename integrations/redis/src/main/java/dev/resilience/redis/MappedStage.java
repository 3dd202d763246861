package dev.resilience.redis;

import dev.resilience.policy.RawFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A stage made of another one; to leave it is to leave that one, and failures stay raw. */
final class MappedStage<S extends @Nullable Object, T extends @Nullable Object> {

  private final CompletableFuture<T> result;

  MappedStage(CompletionStage<S> source, Function<S, T> mapping) {
    this.result = new CompletableFuture<>();
    CompletionStage<T> seen = result;
    source.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            result.complete(mapping.apply(value));
          } else {
            result.completeExceptionally(RawFailure.of(failure));
          }
        });
    seen.whenComplete((value, failure) -> source.toCompletableFuture().cancel(true));
  }

  CompletionStage<T> stage() {
    return result;
  }
}
