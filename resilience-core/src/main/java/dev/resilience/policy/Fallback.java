package dev.resilience.policy;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * What to answer instead, when a call failed and somebody still waits. Made with {@code
 * dev.resilience.fallback.Fallbacks}.
 *
 * <p>Implementations are thread-safe.
 *
 * @param <T> the result
 */
public interface Fallback<T extends @Nullable Object> {

  /**
   * Whether this fallback answers for a failure. Asked only for verdicts that allow a fallback.
   *
   * @param verdict what became of the call
   * @param failure what came out
   */
  boolean handles(Verdict verdict, Throwable failure);

  /**
   * Answers instead. The context keeps the values and the cancellation of the caller's, not the
   * deadline that may have passed; it has a limit of its own.
   *
   * @param ctx to work under
   * @param failure what came out of the call
   * @throws Exception is suppressed in {@code failure}, which is then what the caller gets
   */
  T answer(Context ctx, Throwable failure) throws Exception;
}
