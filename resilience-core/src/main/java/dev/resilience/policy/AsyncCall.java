package dev.resilience.policy;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Work done for a caller that hands back a stage at once.
 *
 * @param <T> its result
 */
@FunctionalInterface
public interface AsyncCall<T extends @Nullable Object> {

  /**
   * Starts the work. May be called several times.
   *
   * @param ctx the context of this attempt; it ends when nobody wants the result any more
   * @return never null: a null stage counts as a failure
   * @throws Exception counts as a stage that failed
   */
  CompletionStage<T> call(Context ctx) throws Exception;
}
