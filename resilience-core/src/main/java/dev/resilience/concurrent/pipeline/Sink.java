package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;

/**
 * Where the results of a run go, one at a time.
 *
 * @param <B> their type
 */
@FunctionalInterface
public interface Sink<B> {

  /**
   * Takes a result; may wait, and everything before it waits with it.
   *
   * @param ctx the item's context, which ends when this has returned
   */
  void accept(Context ctx, B result) throws Exception;
}
