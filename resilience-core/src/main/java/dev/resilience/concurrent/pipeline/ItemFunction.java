package dev.resilience.concurrent.pipeline;

import dev.resilience.context.Context;

/**
 * What a stage does with an item.
 *
 * @param <A> the type of the item
 * @param <B> the type of what it makes of it, not null
 */
@FunctionalInterface
public interface ItemFunction<A, B> {

  /**
   * Works on an item. The thread is interrupted when the run ends.
   *
   * @param ctx the item's context
   */
  B apply(Context ctx, A item) throws Exception;
}
