package dev.resilience.micrometer;

import dev.resilience.limit.ConcurrencyLimit;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;

/**
 * A concurrency limit, fixed or adaptive: its size, what is in use, who waits, who was refused.
 * Meters {@code resilience.concurrency.…}; tag {@code limit}.
 */
public final class ConcurrencyLimitMetrics implements MeterBinder {

  private final ConcurrencyLimit limit;

  private ConcurrencyLimitMetrics(ConcurrencyLimit limit) {
    this.limit = Objects.requireNonNull(limit, "limit");
  }

  /** For one limit. */
  public static ConcurrencyLimitMetrics of(ConcurrencyLimit limit) {
    return new ConcurrencyLimitMetrics(limit);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    new Meters<>(registry, limit, Tags.of("limit", limit.name()))
        .gauge(
            "resilience.concurrency.limit",
            "calls",
            "Calls at once that are let in",
            l -> l.snapshot().limit())
        .gauge("resilience.concurrency.used", "calls", "Calls under way", l -> l.snapshot().inUse())
        .gauge(
            "resilience.concurrency.waiting",
            "calls",
            "Calls in the queue",
            l -> l.snapshot().waiting())
        .counter(
            "resilience.concurrency.queued",
            "calls",
            "Calls let in after a wait",
            l -> l.snapshot().waited())
        .counter(
            "resilience.concurrency.rejected",
            "calls",
            "Calls refused",
            l -> l.snapshot().rejected())
        .time(
            "resilience.concurrency.baseline",
            "Duration of a call without load, as estimated; 0: not adaptive",
            l -> l.snapshot().baseline())
        .time(
            "resilience.concurrency.usual",
            "Usual duration of a call; 0: not adaptive",
            l -> l.snapshot().usualDuration());
  }
}
