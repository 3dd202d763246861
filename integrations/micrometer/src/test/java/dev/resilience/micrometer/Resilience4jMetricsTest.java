package dev.resilience.micrometer;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.TimeoutMonitor;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedTimeLimiterMetrics;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What resilience4j-micrometer registers is registered here, under the same names and tags. */
class Resilience4jMetricsTest {

  /** Kinds that ours does not know: it does not time calls that it has refused. */
  private static final Set<String> TIMER_OF_CALLS = Set.of("resilience4j.circuitbreaker.calls");

  private final Context root = Context.background();
  private final SimpleMeterRegistry theirs = new SimpleMeterRegistry();
  private final SimpleMeterRegistry ours = new SimpleMeterRegistry();

  private static Set<String> meters(MeterRegistry registry) {
    return registry.getMeters().stream()
        .map(
            meter ->
                meter.getId().getName()
                    + meter.getId().getTags().stream()
                        .filter(tag -> !tag.getKey().equals("name"))
                        .map(Tag::toString)
                        .sorted()
                        .collect(Collectors.joining(",", "{", "}")))
        .filter(meter -> TIMER_OF_CALLS.stream().noneMatch(meter::startsWith))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void every_name_and_tag_of_the_peer_is_there() throws Exception {
    CircuitBreakerRegistry breakers = CircuitBreakerRegistry.ofDefaults();
    CircuitBreaker breaker = breakers.circuitBreaker("quotes");
    BulkheadRegistry bulkheads = BulkheadRegistry.ofDefaults();
    Bulkhead bulkhead = bulkheads.bulkhead("quotes");
    RateLimiterRegistry rates = RateLimiterRegistry.ofDefaults();
    rates.rateLimiter("quotes");
    RetryRegistry retries = RetryRegistry.ofDefaults();
    retries.retry("quotes");
    TimeLimiterRegistry limiters = TimeLimiterRegistry.ofDefaults();
    limiters.timeLimiter("quotes");
    TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(theirs);
    TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(theirs);
    TaggedRateLimiterMetrics.ofRateLimiterRegistry(rates).bindTo(theirs);
    TaggedRetryMetrics.ofRetryRegistry(retries).bindTo(theirs);
    TaggedTimeLimiterMetrics.ofTimeLimiterRegistry(limiters).bindTo(theirs);
    assertThat(breaker.executeCallable(() -> bulkhead.executeCallable(() -> "fine")))
        .isEqualTo("fine");

    Breaker mine = Breaker.ofDefaults("quotes");
    ConcurrencyLimit limit = ConcurrencyLimit.builder("quotes", 25).build();
    RateLimit rate = RateLimit.builder("quotes").rate(10, ofSeconds(1)).build();
    TimeoutMonitor monitor = TimeoutMonitor.create();
    Resilience4jMetrics.of(mine).bindTo(ours);
    Resilience4jMetrics.of(limit).bindTo(ours);
    Resilience4jMetrics.of(rate).bindTo(ours);
    Resilience4jMetrics.of(monitor).bindTo(ours);
    callsOfEachKind(mine, monitor);

    assertThat(meters(theirs)).isNotEmpty();
    assertThat(meters(ours)).containsAll(meters(theirs));
    assertThat(ours.get("resilience4j.circuitbreaker.calls").tags("kind", "successful").timer())
        .isNotNull();
  }

  private void callsOfEachKind(Breaker breaker, TimeoutMonitor monitor) {
    var listener = Resilience4jMetrics.listener(ours);
    Retry retry =
        Retry.builder("quotes")
            .maxAttempts(2)
            .backoff(Backoff.constant(ofMillis(1)))
            .listener(listener)
            .build();
    FixedTimeout timeout = FixedTimeout.builder("quotes", ofSeconds(5)).monitor(monitor).build();
    Resilience stack =
        Resilience.of(retry, breaker, timeout).named("quotes").withListener(listener);
    AtomicInteger attempts = new AtomicInteger();
    stack.run(root, c -> {});
    catchThrowable(
        () ->
            stack.run(
                root,
                c -> {
                  if (attempts.getAndIncrement() == 0) {
                    throw new IOException("down");
                  }
                }));
    catchThrowable(
        () ->
            stack.run(
                root,
                c -> {
                  throw new IOException("down");
                }));
    catchThrowable(
        () ->
            stack.run(
                root,
                c -> {
                  throw new NullPointerException("not worth a retry");
                }));
  }

  @Test
  void retries_are_told_by_kind() {
    callsOfEachKind(Breaker.ofDefaults("quotes"), TimeoutMonitor.create());

    for (String kind :
        new String[] {
          "successful_without_retry",
          "successful_with_retry",
          "failed_with_retry",
          "failed_without_retry"
        }) {
      assertThat(ours.get("resilience4j.retry.calls").tags("kind", kind).counter().count())
          .as(kind)
          .isEqualTo(1);
    }
  }

  @Test
  void the_failure_rate_is_a_percentage_of_the_window() {
    Breaker breaker = Breaker.ofDefaults("quotes");
    Resilience4jMetrics.of(breaker).bindTo(ours);
    var rate = ours.get("resilience4j.circuitbreaker.failure.rate").gauge();
    assertThat(rate.value()).isEqualTo(-1);

    Resilience.of(breaker).run(root, c -> {});
    catchThrowable(
        () ->
            Resilience.of(breaker)
                .run(
                    root,
                    c -> {
                      throw new IOException("down");
                    }));
    assertThat(rate.value()).isEqualTo(50);
  }

  @Test
  void an_open_circuit_is_one_for_their_dashboards() {
    Breaker breaker = Breaker.builder("quotes").consecutiveFailures(1).build();
    Resilience4jMetrics.of(breaker).bindTo(ours);
    catchThrowable(
        () ->
            Resilience.of(breaker)
                .run(
                    root,
                    c -> {
                      throw new IOException("down");
                    }));

    String state = "resilience4j.circuitbreaker.state";
    assertThat(ours.get(state).tags("state", "open").gauge().value()).isOne();
    assertThat(ours.get(state).tags("state", "closed").gauge().value()).isZero();
  }
}
