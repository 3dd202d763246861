package dev.resilience.failsafe;

import dev.failsafe.Policy;
import dev.resilience.context.Context;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.PolicyChain;
import java.util.Objects;

/**
 * The bridge to Failsafe, both ways: {@link #of} makes a policy of Failsafe's from ours, for a
 * given context, and {@link #policy} one of ours from theirs.
 *
 * <pre>{@code
 * try (var ctx = request.withTimeout(ofSeconds(2))) {
 *   Quote quote = Failsafe.with(theirFallback, FailsafePolicies.of(ctx, retry, breaker))
 *       .get(() -> api.quote(order));
 * }
 * }</pre>
 */
public final class FailsafePolicies {

  private FailsafePolicies() {}

  /**
   * A stack of ours as one policy of Failsafe's.
   *
   * <p>What is inside it is interrupted when the context ends, in a blocking call on the caller's
   * thread, in an asynchronous one on that of Failsafe. Failures of the work and exceptions of ours
   * come out as they are; Failsafe wraps checked ones as ever. The policies keep their state from
   * one context to the next: make them once, and this for each context.
   *
   * <p>{@code getAsyncExecution} and {@code runAsyncExecution}, whose results are recorded by hand,
   * are not supported: such a call fails.
   *
   * <p>Thread-safe, as long as the policies are. Costs a few objects for each call, besides what
   * Failsafe does.
   *
   * @param ctx the caller's; every call that uses the policy is made for this caller
   * @param outermostFirst the policies
   */
  public static <R> Policy<R> of(Context ctx, ContextPolicy... outermostFirst) {
    return new ContextBoundPolicy<>(
        Objects.requireNonNull(ctx, "ctx"), PolicyChain.of(outermostFirst));
  }

  /**
   * Policies of Failsafe's as one policy of a stack, composed as in {@code Failsafe.with(outermost,
   * inner)}. They keep their state, rules and listeners; time and caller are those of the context.
   *
   * <pre>{@code
   * Resilience mixed = Resilience.of(retry, FailsafePolicies.policy(theirBulkhead));
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
   * dev.resilience.retry.Retry.of}, with a budget and the report of the call.
   *
   * @param outermost a policy, as it was built
   * @param inner those inside it, the outermost first
   */
  public static ContextPolicy policy(Policy<?> outermost, Policy<?>... inner) {
    Policy<?>[] policies = new Policy<?>[inner.length + 1];
    policies[0] = Objects.requireNonNull(outermost, "outermost");
    for (int i = 0; i < inner.length; i++) {
      policies[i + 1] = Objects.requireNonNull(inner[i], "inner[" + i + "]");
    }
    return FailsafePolicy.of(policies);
  }
}
