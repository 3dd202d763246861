package dev.resilience.micrometer;

import dev.resilience.retry.Retry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/** A retry and its budget. Meters {@code resilience.retry.…}; tag {@code retry}. */
public final class RetryMetrics implements MeterBinder {

  private final Retry retry;

  private RetryMetrics(Retry retry) {
    this.retry = Objects.requireNonNull(retry, "retry");
  }

  /** For one retry. */
  public static RetryMetrics of(Retry retry) {
    return new RetryMetrics(retry);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    new Meters<>(registry, retry, Tags.of("retry", retry.name()))
        .counter(
            "resilience.retry.attempts",
            "attempts",
            "Further attempts",
            r -> r.snapshot().retries())
        .counter(
            "resilience.retry.recovered",
            "calls",
            "Calls that succeeded after a retry",
            r -> r.snapshot().recovered())
        .counter(
            "resilience.retry.stopped",
            "calls",
            "Calls that were given up",
            r -> r.snapshot().stopped())
        .counter(
            "resilience.retry.unpaid",
            "attempts",
            "Attempts that the budget did not pay for",
            r -> r.snapshot().unpaid())
        .gauge(
            "resilience.retry.available",
            "tokens",
            "Retries that are paid for",
            r -> r.snapshot().budgetAvailable());
  }
}
