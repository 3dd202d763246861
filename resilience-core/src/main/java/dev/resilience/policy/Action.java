package dev.resilience.policy;

import dev.resilience.context.Context;

/**
 * Work without a result, done for a caller on the caller's thread.
 *
 * @param <X> the one checked type it throws
 */
@FunctionalInterface
public interface Action<X extends Throwable> {

  /**
   * Does the work. May be called several times.
   *
   * @param ctx the context of this attempt: pass it on, not the one from outside
   */
  void run(Context ctx) throws X;
}
