package dev.resilience.micrometer;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.cache.ContextCache;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.RetryBudget;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.TimeoutMonitor;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Each binder shows the figures of what it is bound to. */
class BindersTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double gauge(String name, String... tags) {
    return registry.get(name).tags(tags).gauge().value();
  }

  private double count(String name, String... tags) {
    return registry.get(name).tags(tags).functionCounter().count();
  }

  private static String down() throws IOException {
    throw new IOException("down");
  }

  @Test
  void a_breaker() {
    Breaker breaker =
        Breaker.builder("payments")
            .consecutiveFailures(2)
            .openFor(ofSeconds(5))
            .countSuccesses()
            .build();
    BreakerMetrics.of(breaker).bindTo(registry);
    Resilience stack = Resilience.of(breaker);
    stack.run(root, c -> {});
    for (int i = 0; i < 3; i++) {
      catchThrowable(() -> stack.call(root, c -> down()));
    }

    assertThat(gauge("resilience.breaker.state", "breaker", "payments", "state", "open")).isOne();
    assertThat(gauge("resilience.breaker.state", "state", "closed")).isZero();
    assertThat(count("resilience.breaker.calls", "outcome", "success")).isEqualTo(1);
    assertThat(count("resilience.breaker.calls", "outcome", "failure")).isEqualTo(2);
    assertThat(count("resilience.breaker.calls", "outcome", "rejected")).isEqualTo(1);
    assertThat(count("resilience.breaker.opened")).isEqualTo(1);
  }

  @Test
  void limits_a_hedge_and_a_budget() {
    ConcurrencyLimit concurrency = ConcurrencyLimit.builder("bulk", 4).build();
    RateLimit rate = RateLimit.builder("rate").rate(10, ofSeconds(1)).burst(10).build();
    RetryBudget budget = RetryBudget.ofDefaults();
    Hedge hedge = Hedge.after(ofMillis(10));
    ConcurrencyLimitMetrics.of(concurrency).bindTo(registry);
    RateLimitMetrics.of(rate).bindTo(registry);
    HedgeMetrics.of(hedge).bindTo(registry);
    RetryBudgetMetrics.of("shared", budget).bindTo(registry);

    Resilience.of(concurrency, rate)
        .run(root, c -> assertThat(gauge("resilience.concurrency.used")).isOne());

    assertThat(gauge("resilience.concurrency.limit", "limit", "bulk")).isEqualTo(4);
    assertThat(gauge("resilience.concurrency.used")).isZero();
    assertThat(count("resilience.rate.taken", "limit", "rate")).isEqualTo(1);
    assertThat(gauge("resilience.retry.budget.available", "budget", "shared"))
        .isEqualTo(budget.available());
    assertThat(registry.get("resilience.hedge.delay").timeGauge().value(TimeUnit.MILLISECONDS))
        .isEqualTo(10);
  }

  /** The outcomes: timed out, close call, success, fast. */
  @Test
  void time_outs_by_how_well_they_fit_also_of_policies_that_come_later() throws Exception {
    TimeoutMonitor monitor = TimeoutMonitor.create();
    TimeoutMetrics.of(monitor).bindTo(registry);
    Resilience stack =
        Resilience.of(FixedTimeout.builder("quotes", ofMillis(100)).monitor(monitor).build());
    for (int millis : new int[] {10, 70, 97, 98, 300}) {
      time.run(
          () ->
              catchThrowable(
                  () ->
                      stack.call(
                          root,
                          c -> {
                            c.sleep(ofMillis(millis));
                            return "fine";
                          })));
    }

    String calls = "resilience.timeout.calls";
    assertThat(count(calls, "operation", "quotes", "outcome", "fast")).isEqualTo(1);
    assertThat(count(calls, "operation", "quotes", "outcome", "success")).isEqualTo(1);
    assertThat(count(calls, "operation", "quotes", "outcome", "close_call")).isEqualTo(2);
    assertThat(count(calls, "operation", "quotes", "outcome", "timed_out")).isEqualTo(1);
    assertThat(registry.get("resilience.timeout.limit").timeGauge().value(TimeUnit.MILLISECONDS))
        .isEqualTo(100);
  }

  @Test
  void operations_beyond_the_cap_get_no_meters() {
    TimeoutMonitor monitor = TimeoutMonitor.create();
    TimeoutMetrics.of(monitor, 3).bindTo(registry);
    for (int i = 0; i < 100; i++) {
      FixedTimeout.builder("op-" + i, ofMillis(100)).monitor(monitor).build();
    }

    assertThat(registry.find("resilience.timeout.limit").timeGauges()).hasSize(3);
  }

  @Test
  void an_adaptive_time_out() {
    AdaptiveTimeout timeout = AdaptiveTimeout.ofDefaults("quotes");
    TimeoutMetrics.of(timeout).bindTo(registry);

    assertThat(
            registry
                .get("resilience.timeout.adaptive.limit")
                .tags("policy", "quotes")
                .timeGauge()
                .value(TimeUnit.NANOSECONDS))
        .isEqualTo((double) timeout.snapshot().limit().toNanos());
  }

  @Test
  void all_parts_of_a_preset() {
    Resilience stack = Preset.http("quotes").build();
    StackMetrics.of(stack).bindTo(registry);

    assertThat(gauge("resilience.breaker.state", "breaker", "quotes", "state", "closed")).isOne();
    assertThat(gauge("resilience.concurrency.limit", "limit", "quotes")).isPositive();
    assertThat(registry.find("resilience.hedge.calls").functionCounter()).isNotNull();
    assertThat(gauge("resilience.retry.available", "retry", "quotes")).isPositive();
    assertThat(count("resilience.retry.attempts", "retry", "quotes")).isZero();
  }

  @Test
  void pools() throws Exception {
    Context owner = Context.background();
    try (WorkerPool pool = WorkerPool.builder("jobs").workers(2).open(owner);
        ResourcePool<String> connections =
            ResourcePool.<String>builder("connections", c -> "connection").open(owner)) {
      PoolMetrics.of(pool).bindTo(registry);
      ResourcePoolMetrics.of(connections).bindTo(registry);
      pool.<String>submit(owner, "job", c -> "done").await(owner);
      try (var loan = connections.borrow(owner)) {
        assertThat(gauge("resilience.resource.lent", "pool", "connections")).isOne();
      }

      assertThat(count("resilience.pool.accepted", "pool", "jobs")).isEqualTo(1);
      assertThat(count("resilience.pool.ended", "outcome", "done")).isEqualTo(1);
      assertThat(count("resilience.resource.opened")).isEqualTo(1);
    }
  }

  @Test
  void a_cache_and_one_inside_of_another() throws Exception {
    Context owner = Context.background();
    try (ContextCache<Integer, String> users =
        ContextCache.<Integer, String>builder("users")
            .caffeine(Caffeine.newBuilder().maximumSize(10).recordStats())
            .open(owner)) {
      CacheMetrics.of(users).bindTo(registry);
      CacheMetrics.of("near", users::snapshot).bindTo(registry);
      users.getOrFetch(owner, 1, (c, id) -> "one");
      users.getOrFetch(owner, 1, (c, id) -> "never");
      System.gc();

      for (String cache : new String[] {"users", "near"}) {
        assertThat(count("cache.gets", "cache", cache, "result", "hit")).isEqualTo(1);
        assertThat(count("cache.gets", "cache", cache, "result", "miss")).isEqualTo(1);
        assertThat(gauge("cache.size", "cache", cache)).isEqualTo(1);
        assertThat(count("resilience.cache.loads", "cache", cache, "result", "success"))
            .isEqualTo(1);
      }
    }
  }

  @Test
  void a_client_of_a_service() throws Exception {
    Context owner = Context.background();
    ServiceRegistry services = ServiceRegistry.inMemory(owner);
    try (var lease = services.register(owner, ServiceInstance.of("orders", "10.0.0.7", 8080));
        ServiceClient orders = ServiceClient.builder("orders", services).open(owner)) {
      ServiceClientMetrics.of(orders).bindTo(registry);
      orders.call(owner, (c, instance) -> "fine");

      assertThat(gauge("resilience.instances", "service", "orders", "status", "in")).isOne();
      assertThat(gauge("resilience.instances", "status", "out")).isZero();
      assertThat(gauge("resilience.instances.panic")).isZero();
    }
  }
}
