package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.context.ThreadBinding;
import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.context.WorkContext;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.stage.BoundedStage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The innermost link: does the work. Whatever policies a stack has, here the work is interrupted
 * when its context ends, its failure is told from the end of its context, and its hooks are
 * withdrawn when it is over.
 */
final class WorkInvoker implements ContextPolicy {

  static final WorkInvoker INTERRUPTING = new WorkInvoker(true);

  /** For work that must not be interrupted. */
  static final WorkInvoker PATIENT = new WorkInvoker(false);

  private final boolean interrupts;

  private WorkInvoker(boolean interrupts) {
    this.interrupts = interrupts;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    Bound bound = ThreadBinding.bind(ctx);
    try {
      return invoke(ctx, work);
    } finally {
      bound.close();
    }
  }

  private <T extends @Nullable Object, X extends Throwable> T invoke(Context ctx, Call<T, X> work)
      throws X {
    if (!ctx.canEnd()) {
      try {
        return work.call(ctx);
      } catch (Throwable failure) {
        throw Failures.<X>asThrown(seen(failure));
      }
    }
    WorkContext run = interrupts ? WorkContext.interrupted(ctx, work) : WorkContext.of(ctx);
    T result;
    try {
      result = work.call(run);
    } catch (Throwable failure) {
      throw Failures.<X>asThrown(seen(run.failed(failure)));
    }
    run.returned();
    if (!interrupts) {
      // Nobody was told of the end, so nobody has noticed a time-out that has passed: look.
      run.isDone();
    }
    return result;
  }

  /** Ours would have been turned into the end of the context: this one came from outside. */
  private static Throwable seen(Throwable failure) {
    if (failure instanceof InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return new CallInterruptedException(interrupted);
    }
    return failure;
  }

  /**
   * What the policies of a stack rely on: a stage that fails with the raw failure, and that
   * completes when the context ends, whatever the work does. So what they lent to a call comes back
   * to them.
   */
  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    WorkContext run = ctx.canEnd() ? WorkContext.of(ctx) : null;
    CompletionStage<T> stage;
    try (Bound bound = ThreadBinding.bind(ctx)) {
      stage = work.call(run == null ? ctx : run);
      if (stage == null) {
        throw new NullPointerException("the work returned null (expected: a CompletionStage)");
      }
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(seen(run == null ? failure : run.failed(failure)));
    }
    return run == null ? BoundedStage.of(ctx, stage) : BoundedStage.of(run, stage);
  }
}
