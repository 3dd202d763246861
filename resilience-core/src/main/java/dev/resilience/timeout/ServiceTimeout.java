package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The limit of one service; refuses what could not be back in time. */
final class ServiceTimeout implements ContextPolicy {

  private final ServiceTimeouts timeouts;
  private final String service;
  private final Duration limit;
  private final TimeLimiter enforcer;
  private final @Nullable AttemptListener gauge;

  ServiceTimeout(
      ServiceTimeouts timeouts, String service, Duration limit, TimeoutConfig enforcement) {
    this.timeouts = timeouts;
    this.service = SafeText.of(service);
    this.limit = limit;
    this.enforcer = enforcement.enforcer(this.service);
    TimeoutMonitor monitor = enforcement.monitor();
    this.gauge = monitor == null ? null : monitor.gauge(service);
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    NoTimeLeftException refusal = refusal(ctx);
    if (refusal != null) {
      throw refusal;
    }
    return enforcer.call(limit, gauge, ctx, next, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    NoTimeLeftException refusal = refusal(ctx);
    return refusal != null
        ? CompletableFuture.failedFuture(refusal)
        : enforcer.callAsync(limit, gauge, ctx, next, work);
  }

  /** Without an overhead the limit itself finds out. */
  private @Nullable NoTimeLeftException refusal(Context ctx) {
    Duration overhead = timeouts.networkOverhead();
    if (overhead.isZero() || ctx.deadline().isEmpty()) {
      return null;
    }
    Duration left = ctx.timeLeft();
    return left.compareTo(overhead) > 0 ? null : timeouts.noTimeLeft(service, left);
  }

  @Override
  public Optional<Duration> timeout() {
    return Optional.of(limit);
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  @Override
  public String toString() {
    return "timeout of " + enforcer.describe(DurationText.of(limit));
  }
}
