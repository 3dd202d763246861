package dev.resilience.micrometer;

import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.cache.ContextCache;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.TimeoutMonitor;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

/** The blocks of docs/metrics.md. */
class MetricsSnippetsTest {

  private final MeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void calls() {
    CallMetrics calls = CallMetrics.of(registry);
    Resilience quotes = Preset.http("quotes").listener(calls).build();
    StackMetrics.of(quotes).bindTo(registry); // its retry, hedge, breaker and limit

    quotes.run(Context.background(), c -> {});
    assertThat(registry.get("resilience.calls").timer().count()).isEqualTo(1);
  }

  @Test
  void the_rest() throws Exception {
    Context app = Context.background();
    try (var users =
            ContextCache.<Integer, String>builder("users")
                .caffeine(Caffeine.newBuilder().maximumSize(10))
                .expireAfterWrite(ofMinutes(1))
                .open(app);
        var pool = WorkerPool.builder("jobs").open(app)) {
      Context root = Context.observed(TimeSource.system(), ContextMetrics.of(registry));
      TimeoutMonitor monitor = TimeoutMonitor.create();
      TimeoutMetrics.of(monitor).bindTo(registry);
      CacheMetrics.of(users).bindTo(registry);
      PoolMetrics.of(pool).bindTo(registry);

      root.withCancel().close();
      assertThat(registry.get("resilience.contexts.active").gauge().value()).isZero();
      assertThat(registry.get("resilience.pool.queued").gauge().value()).isZero();
    }
  }

  @Test
  void of_resilience4j() {
    Breaker breaker = Breaker.ofDefaults("quotes");
    Resilience4jMetrics.of(breaker).bindTo(registry);
    PolicyListener theirs = Resilience4jMetrics.listener(registry);

    Resilience.of(breaker).withListener(theirs).run(Context.background(), c -> {});
    assertThat(registry.get("resilience4j.circuitbreaker.calls").timer().count()).isEqualTo(1);
  }
}
