package dev.resilience.policy;

import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The innermost link: does the work. */
final class Dispatch implements ContextPolicy {

  static final Dispatch INSTANCE = new Dispatch();

  private Dispatch() {}

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    try {
      return work.call(ctx);
    } catch (Throwable failure) {
      // While the context lives nobody of ours has interrupted: it came from outside.
      if (failure instanceof InterruptedException interrupted && !ctx.isDone()) {
        Thread.currentThread().interrupt();
        throw new CallInterruptedException(interrupted);
      }
      throw failure;
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    try {
      CompletionStage<T> stage = work.call(ctx);
      return stage != null
          ? stage
          : CompletableFuture.failedFuture(
              new NullPointerException("the work returned null (expected: a CompletionStage)"));
    } catch (Throwable failure) {
      if (failure instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return CompletableFuture.failedFuture(failure);
    }
  }
}
