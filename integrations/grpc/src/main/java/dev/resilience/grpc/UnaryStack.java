package dev.resilience.grpc;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Policies around a unary call: a {@link dev.resilience.Resilience}, or two of them. */
@FunctionalInterface
interface UnaryStack {

  /** As {@link dev.resilience.Resilience#callAsync}. */
  <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work);
}
