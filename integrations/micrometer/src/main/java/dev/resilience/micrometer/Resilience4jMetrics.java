package dev.resilience.micrometer;

import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerMode;
import dev.resilience.breaker.BreakerSnapshot;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Verdict;
import dev.resilience.timeout.TimeoutMonitor;
import dev.resilience.timeout.TimeoutStatistics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;

/**
 * Our figures under the names that resilience4j-micrometer has, so that dashboards and alarms made
 * for it go on working: {@code resilience4j.circuitbreaker.…}, {@code .retry.calls}, {@code
 * .bulkhead.…}, {@code .ratelimiter.…}, {@code .timelimiter.calls}, with its tags {@code name},
 * {@code kind} and {@code state}.
 *
 * <pre>{@code
 * Resilience4jMetrics.of(breaker).bindTo(registry);
 * Preset.http("quotes").listener(Resilience4jMetrics.listener(registry)).build();
 * }</pre>
 *
 * <p>What differs: our rates are shares of the window whatever its size, so {@code failure.rate} is
 * -1 only while the window is empty; the timer {@code circuitbreaker.calls} and {@code
 * successful_without_retry} are had from the calls of the stack, and carry its name.
 */
public final class Resilience4jMetrics {

  private Resilience4jMetrics() {}

  /** A breaker as a circuit breaker of resilience4j. */
  public static MeterBinder of(Breaker breaker) {
    Objects.requireNonNull(breaker, "breaker");
    return registry -> bind(registry, breaker);
  }

  private static void bind(MeterRegistry registry, Breaker breaker) {
    var meters = new Meters<>(registry, breaker, Tags.of("name", breaker.name()));
    for (String state :
        new String[] {"closed", "open", "half_open", "forced_open", "disabled", "metrics_only"}) {
      meters.ratio(
          "resilience4j.circuitbreaker.state",
          "The states of the circuit breaker",
          b -> state.equals(state(b.snapshot())) ? 1 : 0,
          "state",
          state);
    }
    String buffered = "resilience4j.circuitbreaker.buffered.calls";
    String slow = "resilience4j.circuitbreaker.slow.calls";
    meters
        .ratio(
            buffered,
            "Calls in the window",
            b -> b.snapshot().windowCalls() - b.snapshot().windowFailures(),
            "kind",
            "successful")
        .ratio(
            buffered, "Calls in the window", b -> b.snapshot().windowFailures(), "kind", "failed")
        .ratio(
            slow, "Slow calls in the window", b -> b.snapshot().windowSlow(), "kind", "successful")
        .ratio(slow, "Slow calls in the window", b -> 0, "kind", "failed") // not told apart
        .ratio(
            "resilience4j.circuitbreaker.failure.rate",
            "The failure rate of the circuit breaker",
            b -> percent(b.snapshot(), b.snapshot().windowFailures()))
        .ratio(
            "resilience4j.circuitbreaker.slow.call.rate",
            "The slow call rate of the circuit breaker",
            b -> percent(b.snapshot(), b.snapshot().windowSlow()));
    meters.counter(
        "resilience4j.circuitbreaker.not.permitted.calls",
        "",
        "Calls that were not permitted",
        b -> b.snapshot().rejected(),
        "kind",
        "not_permitted");
  }

  private static String state(BreakerSnapshot breaker) {
    if (breaker.mode() != BreakerMode.AUTOMATIC) {
      return switch (breaker.mode()) {
        case FORCED_OPEN -> "forced_open";
        case FORCED_CLOSED -> "disabled";
        default -> "metrics_only";
      };
    }
    return switch (breaker.state()) {
      case CLOSED -> "closed";
      case OPEN -> "open";
      case HALF_OPEN -> "half_open";
    };
  }

  private static double percent(BreakerSnapshot breaker, int part) {
    return breaker.windowCalls() == 0 ? -1 : 100.0 * part / breaker.windowCalls();
  }

  /** A concurrency limit as a bulkhead of resilience4j. */
  public static MeterBinder of(ConcurrencyLimit limit) {
    Objects.requireNonNull(limit, "limit");
    return registry ->
        new Meters<>(registry, limit, Tags.of("name", limit.name()))
            .ratio(
                "resilience4j.bulkhead.available.concurrent.calls",
                "The number of available permissions",
                l -> Math.max(0, l.snapshot().limit() - l.snapshot().inUse()))
            .ratio(
                "resilience4j.bulkhead.max.allowed.concurrent.calls",
                "The maximum number of available permissions",
                l -> l.snapshot().limit());
  }

  /** A rate limit as a rate limiter of resilience4j. */
  public static MeterBinder of(RateLimit limit) {
    Objects.requireNonNull(limit, "limit");
    return registry ->
        new Meters<>(registry, limit, Tags.of("name", limit.name()))
            .ratio(
                "resilience4j.ratelimiter.available.permissions",
                "The number of available permissions",
                l -> Math.floor(l.snapshot().available()))
            .ratio(
                "resilience4j.ratelimiter.waiting_threads",
                "The number of waiting threads",
                l -> l.snapshot().waiting());
  }

  /** The operations of a monitor as time limiters of resilience4j; at most 100. */
  public static MeterBinder of(TimeoutMonitor monitor) {
    Objects.requireNonNull(monitor, "monitor");
    TagValues names = new TagValues(100);
    return registry ->
        monitor.onOperation(
            operation -> {
              if (names.of(operation).equals(operation)) {
                var meters = new Meters<>(registry, monitor, Tags.of("name", operation));
                timeLimiter(meters, operation, "successful", TimeoutStatistics::succeeded);
                timeLimiter(meters, operation, "failed", TimeoutStatistics::failed);
                timeLimiter(meters, operation, "timeout", TimeoutStatistics::timedOut);
              }
            });
  }

  private static void timeLimiter(
      Meters<TimeoutMonitor> meters,
      String operation,
      String kind,
      ToDoubleFunction<TimeoutStatistics> count) {
    meters.counter(
        "resilience4j.timelimiter.calls",
        "",
        "Calls of the time limiter",
        m -> m.statistics(operation).map(s -> count.applyAsDouble(s)).orElse(0.0),
        "kind",
        kind);
  }

  /**
   * For a stack with a retry: the timer {@code resilience4j.circuitbreaker.calls} and the counter
   * {@code resilience4j.retry.calls}. At most 100 distinct names, further ones are {@code other}.
   */
  public static PolicyListener listener(MeterRegistry registry) {
    return new Listener(Objects.requireNonNull(registry, "registry"));
  }

  private static final class Listener implements PolicyListener {

    private final MeterRegistry registry;
    private final TagValues names = new TagValues(100);

    /** How many successes with a retry were told whose call is not over yet. */
    private final Map<String, AtomicLong> retried = new ConcurrentHashMap<>();

    Listener(MeterRegistry registry) {
      this.registry = registry;
    }

    @Override
    public void on(PolicyEvent event) {
      String name = names.of(event.policy());
      if (event instanceof PolicyEvent.RetrySucceeded) {
        retry(name, "successful_with_retry");
        retried.computeIfAbsent(name, n -> new AtomicLong()).incrementAndGet();
      } else if (event instanceof PolicyEvent.RetriesStopped stopped) {
        CallReport report = stopped.report();
        retry(name, report.attemptCount() > 1 ? "failed_with_retry" : "failed_without_retry");
      } else if (event instanceof PolicyEvent.CallCompleted call) {
        completed(name, call);
      }
    }

    private void completed(String name, PolicyEvent.CallCompleted call) {
      Timer.builder("resilience4j.circuitbreaker.calls")
          .description("Calls of the stack by what they said of the dependency")
          .tags("name", name, "kind", kind(call.verdict()))
          .register(registry)
          .record(call.time());
      if (call.verdict() == Verdict.SUCCESS) {
        AtomicLong told = retried.get(name);
        if (told == null || told.getAndUpdate(n -> Math.max(0, n - 1)) == 0) {
          retry(name, "successful_without_retry");
        }
      }
    }

    private static String kind(Verdict verdict) {
      return switch (verdict.evidence()) {
        case SUCCESS -> "successful";
        case FAILURE -> "failed";
        case NONE -> "ignored";
      };
    }

    private void retry(String name, String kind) {
      Counter.builder("resilience4j.retry.calls")
          .description("The number of calls by kind")
          .tags("name", name, "kind", kind)
          .register(registry)
          .increment();
    }
  }
}
