package dev.resilience.discovery;

import dev.resilience.context.Context;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A check by a function that may block. At most one thread for each instance, whatever it does. */
final class FunctionCheck implements HealthCheck {

  private final BlockingHealthCheck function;
  private final Set<ServiceInstance> running = ConcurrentHashMap.newKeySet();

  FunctionCheck(BlockingHealthCheck function) {
    this.function = function;
  }

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    CompletableFuture<@Nullable Void> result = new CompletableFuture<>();
    if (running.add(instance)) {
      ctx.timeSource().executor().execute(() -> run(ctx, instance, result));
    } else {
      result.completeExceptionally(new UnwellException("the last check still runs"));
    }
    return result;
  }

  private void run(
      Context ctx, ServiceInstance instance, CompletableFuture<@Nullable Void> result) {
    try {
      if (ctx.interruptibly(() -> function.isWell(ctx, instance))) {
        result.complete(null);
      } else {
        result.completeExceptionally(new UnwellException("it says it is not well"));
      }
    } catch (Throwable wrong) {
      result.completeExceptionally(wrong);
    } finally {
      running.remove(instance);
    }
  }
}
