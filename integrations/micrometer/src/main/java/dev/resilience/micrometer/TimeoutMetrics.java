package dev.resilience.micrometer;

import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.TimeoutMonitor;
import dev.resilience.timeout.TimeoutStatistics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * How well time-outs fit.
 *
 * <table>
 *   <caption>Meters of {@link #of(TimeoutMonitor)}; tag {@code operation}, bounded</caption>
 *   <tr><td>{@code resilience.timeout.calls}</td><td>calls by {@code outcome}: {@code fast} (less than
 *       half of the limit), {@code success}, {@code close_call} (more than 95 %), {@code timed_out},
 *       {@code caller_timed_out}, {@code failed}</td></tr>
 *   <tr><td>{@code resilience.timeout.limit}</td><td>the limit of the last call</td></tr>
 *   <tr><td>{@code resilience.timeout.duration.p50}, {@code .p95}, {@code .p99}</td><td>durations of
 *       the calls that succeeded</td></tr>
 * </table>
 */
public final class TimeoutMetrics implements MeterBinder {

  private final MeterBinder binder;

  private TimeoutMetrics(MeterBinder binder) {
    this.binder = binder;
  }

  /** For all operations of a monitor, also those to come; at most 100, the others are left out. */
  public static TimeoutMetrics of(TimeoutMonitor monitor) {
    return of(monitor, 100);
  }

  /**
   * For all operations of a monitor, also those to come.
   *
   * @param maxOperations how many have meters, 1 to 100,000; the others are left out
   */
  public static TimeoutMetrics of(TimeoutMonitor monitor, int maxOperations) {
    Objects.requireNonNull(monitor, "monitor");
    TagValues names = new TagValues(TagValues.checked(maxOperations, "maxOperations"));
    return new TimeoutMetrics(
        registry ->
            monitor.onOperation(
                operation -> {
                  if (names.of(operation).equals(operation)) {
                    bind(registry, monitor, operation);
                  }
                }));
  }

  /** The limit that an adaptive time-out has found: {@code resilience.timeout.adaptive.limit}. */
  public static TimeoutMetrics of(AdaptiveTimeout timeout) {
    Objects.requireNonNull(timeout, "timeout");
    return new TimeoutMetrics(
        registry ->
            new Meters<>(registry, timeout, Tags.of("policy", timeout.name()))
                .time(
                    "resilience.timeout.adaptive.limit",
                    "How long an attempt may take now",
                    t -> t.snapshot().limit())
                .time(
                    "resilience.timeout.adaptive.percentile",
                    "The percentile that it follows; 0: too few samples",
                    t -> t.snapshot().percentile().orElse(Duration.ZERO))
                .ratio(
                    "resilience.timeout.adaptive.frozen",
                    "1: nothing is learned while a circuit is open",
                    t -> t.snapshot().frozen() ? 1 : 0)
                .counter(
                    "resilience.timeout.abandoned",
                    "calls",
                    "Callers let go while their work ran on",
                    AdaptiveTimeout::abandonedCount));
  }

  /** How often a time-out let its caller go alone: {@code resilience.timeout.abandoned}. */
  public static TimeoutMetrics of(FixedTimeout timeout) {
    Objects.requireNonNull(timeout, "timeout");
    return new TimeoutMetrics(
        registry ->
            new Meters<>(registry, timeout, Tags.of("policy", timeout.name()))
                .counter(
                    "resilience.timeout.abandoned",
                    "calls",
                    "Callers let go while their work ran on",
                    FixedTimeout::abandonedCount));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    binder.bindTo(registry);
  }

  private static void bind(MeterRegistry registry, TimeoutMonitor monitor, String operation) {
    var meters = new Meters<>(registry, monitor, Tags.of("operation", operation));
    calls(meters, operation, "fast", TimeoutStatistics::fast);
    calls(meters, operation, "close_call", TimeoutStatistics::nearLimit);
    calls(meters, operation, "success", s -> s.succeeded() - s.fast() - s.nearLimit());
    calls(meters, operation, "timed_out", TimeoutStatistics::timedOut);
    calls(meters, operation, "caller_timed_out", TimeoutStatistics::callerTimedOut);
    calls(meters, operation, "failed", TimeoutStatistics::failed);
    time(meters, operation, "resilience.timeout.limit", TimeoutStatistics::limit);
    time(meters, operation, "resilience.timeout.duration.p50", TimeoutStatistics::median);
    time(meters, operation, "resilience.timeout.duration.p95", TimeoutStatistics::percentile95);
    time(meters, operation, "resilience.timeout.duration.p99", TimeoutStatistics::percentile99);
  }

  private static void calls(
      Meters<TimeoutMonitor> meters,
      String operation,
      String outcome,
      ToDoubleFunction<TimeoutStatistics> count) {
    meters.counter(
        "resilience.timeout.calls",
        "calls",
        "Calls by how well the limit fitted",
        m -> m.statistics(operation).map(s -> count.applyAsDouble(s)).orElse(0.0),
        "outcome",
        outcome);
  }

  private static void time(
      Meters<TimeoutMonitor> meters,
      String operation,
      String name,
      Function<TimeoutStatistics, Duration> value) {
    meters.time(
        name,
        "Of the calls of the operation",
        m -> m.statistics(operation).map(value).orElse(Duration.ZERO));
  }
}
