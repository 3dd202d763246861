package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Work done on an instance that hands back a stage at once.
 *
 * @param <T> its result
 */
@FunctionalInterface
public interface AsyncInstanceCall<T extends @Nullable Object> {

  /**
   * Starts the work. May be called several times, with different instances.
   *
   * @param ctx the context of this attempt; it ends when nobody wants the result any more
   * @param instance whom to call
   * @throws Exception counts as a stage that failed
   */
  CompletionStage<T> call(Context ctx, ServiceInstance instance) throws Exception;
}
