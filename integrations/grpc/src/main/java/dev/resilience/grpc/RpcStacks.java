package dev.resilience.grpc;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.RetryBudget;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The preset in two: retries and hedges, which depend on whether a method may be repeated, around
 * the circuit and the limit, which all methods of a service share.
 */
final class RpcStacks {

  private record Nested(Resilience outer, Resilience inner) implements UnaryStack {

    @Override
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, AsyncCall<T> work) {
      return outer.callAsync(ctx, attempt -> inner.callAsync(attempt, work));
    }
  }

  private RpcStacks() {}

  static Function<MethodDescriptor<?, ?>, UnaryStack> of(String service) {
    RetryBudget budget = RetryBudget.ofDefaults();
    PolicyListener whileShrinking =
        event -> {
          if (event instanceof PolicyEvent.ConcurrencyLimitChanged changed) {
            budget.limitChanged(changed.from(), changed.to());
          }
        };
    Resilience shared =
        GrpcStatuses.preset(service)
            .withoutRetry()
            .withoutHedge()
            .limit(limit -> limit.listener(whileShrinking))
            .build();
    UnaryStack repeatable = new Nested(attempts(service, budget).build(), shared);
    UnaryStack unrepeatable = new Nested(attempts(service, budget).unrepeatable().build(), shared);
    return method -> method.isIdempotent() || method.isSafe() ? repeatable : unrepeatable;
  }

  private static Preset attempts(String service, RetryBudget budget) {
    return GrpcStatuses.preset(service).budget(budget).withoutBreaker().withoutLimit();
  }
}
