package dev.resilience.policy;

import dev.failsafe.Policy;
import dev.resilience.context.Context;
import java.util.Objects;
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
   * Policies of Failsafe's as one policy of a stack, composed as in {@code Failsafe.with(outermost,
   * inner)}. They keep their state, rules and listeners; time and caller are those of the context.
   *
   * <pre>{@code
   * Resilience mixed = Resilience.of(retry, ContextPolicy.of(theirBulkhead));
   * }</pre>
   *
   * <p>When the context ends, the call does: a wait or work on the caller's thread is interrupted,
   * an asynchronous call completes at once. Delays and time-outs are those of the context's time
   * source; one that does not fit into the time left is not waited for. What the caller cancelled
   * is neither retried, nor recorded by a closed circuit breaker, nor answered by a fallback; an
   * {@link Error} is neither retried nor answered. The work gets a context that ends when Failsafe
   * cancels the attempt. No {@code FailsafeException} comes out: {@link FailsafeFailures}.
   *
   * <p>Costs what Failsafe costs. A retry policy alone is better adopted by {@code
   * dev.resilience.retry.Retry.of}, with a budget and the story of the call.
   *
   * @param outermost a policy, as it was built
   * @param inner those inside it, the outermost first
   */
  static ContextPolicy of(Policy<?> outermost, Policy<?>... inner) {
    Policy<?>[] policies = new Policy<?>[inner.length + 1];
    policies[0] = Objects.requireNonNull(outermost, "outermost");
    for (int i = 0; i < inner.length; i++) {
      policies[i + 1] = Objects.requireNonNull(inner[i], "inner[" + i + "]");
    }
    return FailsafePolicy.of(policies);
  }

  /**
   * What this policy does, as far as its place in a stack matters: {@link Resilience#warnings}
   * looks at nothing else. Policies of Failsafe's are looked at one by one. Default: {@link
   * PolicyRole#OTHER}.
   */
  default PolicyRole role() {
    return PolicyRole.OTHER;
  }
}
