package dev.resilience.grpc;

import dev.resilience.Resilience;
import dev.resilience.policy.RetryBudget;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.net.ConnectException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The preset twice: for methods that may be repeated and for those that may not. Both have the same
 * circuit, limit and budget, as they call the same service.
 */
final class RpcStacks {

  private RpcStacks() {}

  static Function<MethodDescriptor<?, ?>, @Nullable Resilience> of(String service) {
    RetryBudget budget = RetryBudget.ofDefaults();
    Resilience repeatable = GrpcStatuses.preset(service).budget(budget).build();
    Resilience unrepeatable =
        GrpcStatuses.preset(service)
            .budget(budget)
            .unrepeatable(RpcStacks::isNeverSent)
            .limitsOf(repeatable)
            .build();
    return method -> method.isIdempotent() || method.isSafe() ? repeatable : unrepeatable;
  }

  /** Nobody listened: the server cannot have begun. */
  private static boolean isNeverSent(Exception failure) {
    return failure instanceof StatusRuntimeException status
        && status.getStatus().getCause() instanceof ConnectException;
  }
}
