package dev.resilience.failsafe;

import dev.failsafe.Policy;
import dev.resilience.context.Context;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Resilience;
import java.util.Objects;

/**
 * Our policies among Failsafe's, for a given context.
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
        Objects.requireNonNull(ctx, "ctx"), Resilience.of(outermostFirst));
  }
}
