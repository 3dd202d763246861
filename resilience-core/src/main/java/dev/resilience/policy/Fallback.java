package dev.resilience.policy;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What to answer instead of a result, when a call failed and somebody still waits. Made with {@code
 * dev.resilience.fallback.Fallbacks}.
 *
 * <p>Implementations are thread-safe, take no longer than a limit of their own, and end when the
 * caller cancels. The context that they are given is the caller's: its deadline may have passed, so
 * they work under {@link Context#withMoreTime}.
 *
 * @param <T> the result
 */
public interface Fallback<T extends @Nullable Object> {

  /**
   * Whether this fallback answers for a failure. Asked only for verdicts that allow a fallback.
   *
   * @param verdict what became of the call
   * @param failure what came out; a {@link BadResultException} for a result
   */
  boolean handles(Verdict verdict, Throwable failure);

  /**
   * Answers instead, on the caller's thread.
   *
   * @param ctx the caller's; not cancelled, but its deadline may have passed
   * @param verdict what became of the call
   * @param failure what came out of the call
   * @return the answer, and where it is from
   * @throws Exception is suppressed in {@code failure}, which is then what the caller gets
   */
  FallbackAnswer<T> answer(Context ctx, Verdict verdict, Throwable failure) throws Exception;

  /**
   * Answers instead, without blocking.
   *
   * @param ctx the caller's; not cancelled, but its deadline may have passed
   * @param verdict what became of the call
   * @param failure what came out of the call
   * @return a stage that completes within the fallback's own limit, and when the caller cancels;
   *     its failure is suppressed in {@code failure}, which is then what the caller gets
   */
  CompletionStage<FallbackAnswer<T>> answerAsync(Context ctx, Verdict verdict, Throwable failure);
}
