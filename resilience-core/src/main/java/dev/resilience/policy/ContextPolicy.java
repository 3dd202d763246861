package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.error.RejectedException;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A rule around a call: whether, when and how often the rest of the stack is called, and under
 * which context. Around advice, as an interceptor in OkHttp.
 *
 * <pre>{@code
 * final class Timing implements ContextPolicy {
 *   public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
 *     long start = ctx.timeSource().nanoTime();
 *     try {
 *       return next.call(ctx, work);
 *     } finally {
 *       record(ctx.timeSource().nanoTime() - start);
 *     }
 *   }
 *   ...
 * }
 * }</pre>
 *
 * <p>Implementations are thread-safe, keep the state of a call in the call, and obey these rules:
 *
 * <ul>
 *   <li>no wait passes the deadline of {@code ctx}; a wait that cannot pay off fails at once;
 *   <li>what came out is judged by {@link Classifier}, never by the class of an exception alone;
 *   <li>what was borrowed for a call is given back exactly once, whatever the outcome;
 *   <li>a call that was not let through fails with a {@link RejectedException}.
 * </ul>
 */
public interface ContextPolicy {

  /**
   * Calls the rest of the stack, or does not, on the caller's thread.
   *
   * @param ctx the caller's context
   * @param next the rest of the stack, to be called any number of times
   * @param work passed through to {@code next}
   * @throws X what the work throws, as it was thrown
   */
  <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work)
      throws X;

  /**
   * The same without blocking. Never throws: a failure, also of the policy itself, is a stage that
   * failed, with the raw exception.
   */
  <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work);

  /**
   * How long one call of what is inside may take at most just now, if this policy limits that; for
   * policies around it that must know whether a call can still end in time. Asked on rare paths.
   * Default: empty.
   */
  default Optional<Duration> timeout() {
    return Optional.empty();
  }

  /**
   * What this policy does, as far as its place in a stack matters: {@code Resilience.warnings}
   * looks at nothing else. Default: {@link PolicyRole#OTHER}.
   */
  default PolicyRole role() {
    return PolicyRole.OTHER;
  }

  /**
   * The places that this policy takes in a stack, the outermost first. Default: one, with its
   * {@link #role} and its {@code toString()}.
   */
  default List<StackEntry> entries() {
    return List.of(new StackEntry(this, role(), SafeText.of(this)));
  }
}
