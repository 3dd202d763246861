package dev.resilience.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Registers meters that read one source when the registry is read. Between two readings they cost
 * nothing. The registry holds the source weakly, as it always does.
 */
final class Meters<S> {

  private final MeterRegistry registry;
  private final S source;
  private final Tags tags;

  Meters(MeterRegistry registry, S source, Tags tags) {
    this.registry = registry;
    this.source = source;
    this.tags = tags;
  }

  /**
   * A number that goes up and down.
   *
   * @param unit the empty string: none
   */
  Meters<S> gauge(
      String name, String unit, String what, ToDoubleFunction<S> value, String... more) {
    Gauge.builder(name, source, value)
        .baseUnit(unit.isEmpty() ? null : unit)
        .description(what)
        .tags(tags.and(more))
        .register(registry);
    return this;
  }

  /** A share, from 0 to 1. */
  Meters<S> ratio(String name, String what, ToDoubleFunction<S> value, String... more) {
    Gauge.builder(name, source, value).description(what).tags(tags.and(more)).register(registry);
    return this;
  }

  /**
   * A number that only grows.
   *
   * @param unit the empty string: none
   */
  Meters<S> counter(
      String name, String unit, String what, ToDoubleFunction<S> value, String... more) {
    FunctionCounter.builder(name, source, value)
        .baseUnit(unit.isEmpty() ? null : unit)
        .description(what)
        .tags(tags.and(more))
        .register(registry);
    return this;
  }

  /** A duration, in the registry's unit of time. */
  Meters<S> time(String name, String what, Function<S, Duration> value, String... more) {
    TimeGauge.builder(name, source, TimeUnit.NANOSECONDS, s -> (double) value.apply(s).toNanos())
        .description(what)
        .tags(tags.and(more))
        .register(registry);
    return this;
  }
}
