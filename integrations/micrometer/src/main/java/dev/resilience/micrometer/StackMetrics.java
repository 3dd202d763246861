package dev.resilience.micrometer;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/**
 * All parts of a stack that have figures, also those of a preset that nobody else holds.
 *
 * <pre>{@code
 * Resilience quotes = Preset.http("quotes").listener(CallMetrics.of(registry)).build();
 * StackMetrics.of(quotes).bindTo(registry);
 * }</pre>
 */
public final class StackMetrics implements MeterBinder {

  private final Resilience stack;

  private StackMetrics(Resilience stack) {
    this.stack = Objects.requireNonNull(stack, "stack");
  }

  /** For the retries, breakers, limits, hedges and time-outs of a stack. */
  public static StackMetrics of(Resilience stack) {
    return new StackMetrics(stack);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (ContextPolicy policy : stack.policies()) {
      if (policy instanceof Retry retry) {
        RetryMetrics.of(retry).bindTo(registry);
      } else if (policy instanceof Breaker breaker) {
        BreakerMetrics.of(breaker).bindTo(registry);
      } else if (policy instanceof ConcurrencyLimit limit) {
        ConcurrencyLimitMetrics.of(limit).bindTo(registry);
      } else if (policy instanceof RateLimit limit) {
        RateLimitMetrics.of(limit).bindTo(registry);
      } else if (policy instanceof Hedge hedge) {
        HedgeMetrics.of(hedge).bindTo(registry);
      } else if (policy instanceof AdaptiveTimeout timeout) {
        TimeoutMetrics.of(timeout).bindTo(registry);
      } else if (policy instanceof FixedTimeout timeout) {
        TimeoutMetrics.of(timeout).bindTo(registry);
      }
    }
  }
}
