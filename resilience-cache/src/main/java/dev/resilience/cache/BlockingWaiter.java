package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A thread that waits. */
final class BlockingWaiter<V extends @Nullable Object> extends Waiter<V> {

  private final CompletableFuture<Outcome<V>> outcome = new CompletableFuture<>();

  BlockingWaiter(Context ctx) {
    super(ctx);
  }

  @Override
  void settle(Outcome<V> result) {
    outcome.complete(result);
  }

  @Override
  boolean isQuick() {
    return true;
  }

  /** Waits as long as the context lives, and leaves in any case. */
  Outcome<V> await(Context ctx) {
    try {
      return await(ctx, outcome);
    } finally {
      leave();
    }
  }

  /** Waits for a stage that cannot fail. */
  static <T extends @Nullable Object> T await(Context ctx, CompletionStage<T> stage) {
    try {
      return ctx.await(stage);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
