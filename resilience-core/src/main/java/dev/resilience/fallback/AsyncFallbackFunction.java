package dev.resilience.fallback;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Answers instead of a call that failed, with a stage.
 *
 * @param <T> the result
 * @param <E> the failures it answers for
 */
@FunctionalInterface
public interface AsyncFallbackFunction<T extends @Nullable Object, E extends Throwable> {

  /**
   * Starts to answer. Must not block.
   *
   * @param ctx to work under: the values and the cancellation of the caller's, and a limit of its
   *     own; when it ends, nobody waits for the stage any more
   * @param failure what came out of the call
   * @return never null
   * @throws Exception then the next fallback is asked, if there is one
   */
  CompletionStage<T> answer(Context ctx, E failure) throws Exception;
}
