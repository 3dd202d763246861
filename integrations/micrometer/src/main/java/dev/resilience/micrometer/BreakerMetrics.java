package dev.resilience.micrometer;

import dev.resilience.breaker.Breaker;
import dev.resilience.observe.PolicyEvent.Circuit;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.Objects;

/**
 * The state and the counts of circuit breakers. Successes are counted only by breakers that were
 * built with {@link Breaker.Builder#countSuccesses}.
 *
 * <table>
 *   <caption>Meters; tag {@code breaker}</caption>
 *   <tr><td>{@code resilience.breaker.state}</td><td>1 for the tag {@code state} that holds</td></tr>
 *   <tr><td>{@code resilience.breaker.calls}</td><td>calls so far, by {@code outcome}</td></tr>
 *   <tr><td>{@code resilience.breaker.window}</td><td>calls in the window, by {@code outcome}</td></tr>
 *   <tr><td>{@code resilience.breaker.opened}</td><td>how often it has opened</td></tr>
 * </table>
 */
public final class BreakerMetrics implements MeterBinder {

  private final Breaker breaker;

  private BreakerMetrics(Breaker breaker) {
    this.breaker = Objects.requireNonNull(breaker, "breaker");
  }

  /** For one breaker. */
  public static BreakerMetrics of(Breaker breaker) {
    return new BreakerMetrics(breaker);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    var meters = new Meters<>(registry, breaker, Tags.of("breaker", breaker.name()));
    for (Circuit state : Circuit.values()) {
      meters.ratio(
          "resilience.breaker.state",
          "1 for the state that holds",
          b -> b.snapshot().state() == state ? 1 : 0,
          "state",
          state.name().toLowerCase(Locale.ROOT));
    }
    String calls = "resilience.breaker.calls";
    String what = "Calls so far, by what they said of the dependency";
    if (breaker.snapshot().succeeded().isPresent()) {
      meters.counter(
          calls, "calls", what, b -> b.snapshot().succeeded().orElse(0), "outcome", "success");
    }
    meters
        .counter(calls, "calls", what, b -> b.snapshot().failed(), "outcome", "failure")
        .counter(calls, "calls", what, b -> b.snapshot().timedOut(), "outcome", "timed_out")
        .counter(calls, "calls", what, b -> b.snapshot().cancelled(), "outcome", "cancelled")
        .counter(calls, "calls", what, b -> b.snapshot().uncounted(), "outcome", "uncounted")
        .counter(calls, "calls", what, b -> b.snapshot().rejected(), "outcome", "rejected")
        .counter(
            "resilience.breaker.opened", "", "How often it opened", b -> b.snapshot().opened());
    String window = "resilience.breaker.window";
    String inWindow = "Calls in the window";
    meters
        .gauge(window, "calls", inWindow, b -> b.snapshot().windowCalls(), "outcome", "all")
        .gauge(window, "calls", inWindow, b -> b.snapshot().windowFailures(), "outcome", "failure")
        .gauge(window, "calls", inWindow, b -> b.snapshot().windowSlow(), "outcome", "slow");
  }
}
