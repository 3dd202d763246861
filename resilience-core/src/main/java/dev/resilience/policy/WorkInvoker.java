package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.stage.BoundedStage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The innermost link: does the work. */
final class WorkInvoker implements ContextPolicy {

  static final WorkInvoker INSTANCE = new WorkInvoker();

  private WorkInvoker() {}

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

  /**
   * What the policies of a stack rely on: a stage that fails with the raw failure, and that
   * completes when the context ends, whatever the work does. So what they lent to a call comes back
   * to them.
   */
  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    CompletionStage<T> stage;
    try {
      stage = work.call(ctx);
    } catch (Throwable failure) {
      if (failure instanceof InterruptedException interrupted) {
        // Nobody of ours interrupts a thread that only starts something.
        Thread.currentThread().interrupt();
        return CompletableFuture.failedFuture(new CallInterruptedException(interrupted));
      }
      return CompletableFuture.failedFuture(failure);
    }
    return stage != null
        ? BoundedStage.of(ctx, stage)
        : CompletableFuture.failedFuture(
            new NullPointerException("the work returned null (expected: a CompletionStage)"));
  }
}
