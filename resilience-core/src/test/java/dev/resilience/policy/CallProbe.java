package dev.resilience.policy;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;

/** Sees the stage that a policy hands on to the one outside of it. */
public final class CallProbe implements ContextPolicy {

  private CompletionStage<?> stage;

  public CompletionStage<?> stage() {
    return stage;
  }

  @Override
  public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
    return next.call(ctx, work);
  }

  @Override
  public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
    CompletionStage<T> inner = next.callAsync(ctx, work);
    stage = inner;
    return inner;
  }
}
