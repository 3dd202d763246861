package dev.resilience.discovery.health;

import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;

/** Checks an instance on its thread. */
@FunctionalInterface
public interface BlockingHealthCheck {

  /**
   * Checks.
   *
   * @param ctx ends when the time for this check is up
   * @param instance which instance, as it described itself last
   * @return whether the instance is healthy
   * @throws Exception counts as unhealthy
   */
  boolean isHealthy(Context ctx, ServiceInstance instance) throws Exception;
}
