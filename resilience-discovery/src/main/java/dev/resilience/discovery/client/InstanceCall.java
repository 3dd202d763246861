package dev.resilience.discovery.client;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import org.jspecify.annotations.Nullable;

/**
 * Work done on an instance, on the caller's thread.
 *
 * @param <T> its result
 * @param <X> the one checked type it throws
 */
@FunctionalInterface
public interface InstanceCall<T extends @Nullable Object, X extends Throwable> {

  /**
   * Does the work. May be called several times, with different instances.
   *
   * @param ctx the context of this attempt: pass it on, not the one from outside
   * @param instance whom to call
   */
  T call(Context ctx, ServiceInstance instance) throws X;
}
