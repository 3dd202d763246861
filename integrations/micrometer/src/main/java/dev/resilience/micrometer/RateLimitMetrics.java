package dev.resilience.micrometer;

import dev.resilience.limit.RateLimit;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/** A rate limit. Meters {@code resilience.rate.…}; tag {@code limit}. */
public final class RateLimitMetrics implements MeterBinder {

  private final RateLimit limit;

  private RateLimitMetrics(RateLimit limit) {
    this.limit = Objects.requireNonNull(limit, "limit");
  }

  /** For one limit. */
  public static RateLimitMetrics of(RateLimit limit) {
    return new RateLimitMetrics(limit);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    new Meters<>(registry, limit, Tags.of("limit", limit.name()))
        .gauge(
            "resilience.rate.available",
            "tokens",
            "Tokens that are free now",
            l -> l.snapshot().available())
        .gauge(
            "resilience.rate.waiting", "calls", "Calls in the queue", l -> l.snapshot().waiting())
        .counter("resilience.rate.taken", "tokens", "Tokens given", l -> l.snapshot().given())
        .counter(
            "resilience.rate.returned",
            "tokens",
            "Tokens given back unused",
            l -> l.snapshot().returned())
        .counter(
            "resilience.rate.queued",
            "calls",
            "Calls let in after a wait",
            l -> l.snapshot().waited())
        .counter(
            "resilience.rate.rejected", "calls", "Calls refused", l -> l.snapshot().rejected());
  }
}
