package dev.resilience.policy;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The two ways to make a call, for scenarios that have to come out alike. */
public enum CallMode {
  /** On the calling thread. */
  BLOCKING {
    @Override
    public <T> T call(Resilience stack, Context ctx, Call<T, Exception> work) throws Exception {
      return stack.call(ctx, work);
    }
  },
  /** With a stage, for which the calling thread then waits. */
  ASYNC {
    @Override
    public <T> T call(Resilience stack, Context ctx, Call<T, Exception> work) throws Exception {
      var stage = stack.callAsync(ctx, attempt -> staged(attempt, work));
      try {
        return Context.background(ctx.timeSource()).await(stage);
      } catch (ExecutionException failed) {
        if (failed.getCause() instanceof Error error) {
          throw error;
        }
        throw (Exception) failed.getCause();
      }
    }
  };

  /** Makes a call and waits for its outcome. */
  public abstract <T> T call(Resilience stack, Context ctx, Call<T, Exception> work)
      throws Exception;

  private static <T> CompletableFuture<T> staged(Context ctx, Call<T, Exception> work) {
    try {
      return CompletableFuture.completedFuture(work.call(ctx));
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }
}
