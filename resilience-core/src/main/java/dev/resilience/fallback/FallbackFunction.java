package dev.resilience.fallback;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Answers instead of a call that failed, on the thread that it is called on.
 *
 * @param <T> the result
 * @param <E> the failures it answers for
 */
@FunctionalInterface
public interface FallbackFunction<T extends @Nullable Object, E extends Throwable> {

  /**
   * Answers.
   *
   * @param ctx to work under: the values and the cancellation of the caller's, and a limit of its
   *     own; the thread is interrupted when it ends
   * @param failure what came out of the call
   * @throws Exception then the next fallback is asked, if there is one
   */
  T answer(Context ctx, E failure) throws Exception;
}
