package dev.resilience.concurrent;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Work that is done under a context, on a thread of its own or of a pool.
 *
 * @param <T> its result
 */
@FunctionalInterface
public interface ContextTask<T extends @Nullable Object> {

  /**
   * Does the work. The thread is interrupted when the context ends.
   *
   * @param ctx the task's own context, which ends with the task
   */
  T run(Context ctx) throws Exception;
}
