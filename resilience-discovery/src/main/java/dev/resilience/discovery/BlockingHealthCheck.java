package dev.resilience.discovery;

import dev.resilience.context.Context;

/** Finds out on its thread whether an instance is well. */
@FunctionalInterface
public interface BlockingHealthCheck {

  /**
   * Checks.
   *
   * @param ctx ends when the time for this check is up
   * @return whether the instance is well
   * @throws Exception it is not
   */
  boolean isWell(Context ctx, ServiceInstance instance) throws Exception;
}
