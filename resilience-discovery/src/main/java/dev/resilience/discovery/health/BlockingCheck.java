package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Runs a function that may block, on a thread of the time source's executor. */
final class BlockingCheck implements HealthCheck {

  private final BlockingHealthCheck function;

  BlockingCheck(BlockingHealthCheck function) {
    this.function = function;
  }

  @Override
  public CompletionStage<@Nullable Void> check(Context ctx, ServiceInstance instance) {
    ThreadHeld result = new ThreadHeld();
    ctx.timeSource().executor().execute(() -> run(ctx, instance, result));
    return result;
  }

  private void run(Context ctx, ServiceInstance instance, ThreadHeld result) {
    try {
      if (ctx.interruptibly(() -> function.isHealthy(ctx, instance))) {
        result.complete(null);
      } else {
        result.completeExceptionally(new UnhealthyException("it says it is not healthy"));
      }
    } catch (Throwable wrong) {
      result.completeExceptionally(wrong);
    }
  }
}
