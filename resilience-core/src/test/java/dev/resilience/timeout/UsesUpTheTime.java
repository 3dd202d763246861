package dev.resilience.timeout;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Lets what is inside begin when no time is left. */
final class UsesUpTheTime implements ContextPolicy {

  @Override
  public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
    try (CancellableContext over = ctx.withTimeout(Duration.ZERO)) {
      return next.call(over, work);
    }
  }

  @Override
  public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
    CancellableContext over = ctx.withTimeout(Duration.ZERO);
    return next.callAsync(over, work);
  }
}
