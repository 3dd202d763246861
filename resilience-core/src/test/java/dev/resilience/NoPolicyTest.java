package dev.resilience;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import dev.resilience.policy.Next;
import java.util.concurrent.CompletionStage;

/** A policy that does nothing shows what the stack itself holds. */
class NoPolicyTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return new ContextPolicy() {
      @Override
      public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
        return next.call(ctx, work);
      }

      @Override
      public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
        return next.callAsync(ctx, work);
      }
    };
  }
}
