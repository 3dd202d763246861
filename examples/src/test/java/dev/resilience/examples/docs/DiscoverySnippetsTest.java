package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.client.ZonePreference;
import dev.resilience.discovery.health.HealthCheck;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.hedge.Hedge;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The blocks of docs/discovery.md, and that of the README. */
class DiscoverySnippetsTest {

  private final List<String> log = new ArrayList<>();

  @Test
  void be_there_and_leave() {
    try (var ctx = Context.background().withTimeout(ofSeconds(30))) {
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx); // or one over a RegistryStore
      try (Lease me = registry.register(ctx, ServiceInstance.of("orders", "10.0.0.7", 8080))) {
        serve(ctx);
        me.drain(); // no new calls from now on
        finishWhatRuns();
      } // withdrawn
    }
    assertThat(log).containsExactly("served", "finished");
  }

  @Test
  void call_whoever_is_well() throws IOException {
    try (var ctx = Context.background().withTimeout(ofSeconds(30))) {
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
      try (Lease lease = registry.register(ctx, ServiceInstance.of("orders", "127.0.0.1", 1))) {
        try (ServiceClient orders =
            ServiceClient.builder("orders", registry)
                .balancer(Balancer.leastLoaded())
                .healthChecks(HealthChecks.of(HealthCheck.http("/health")))
                .perCall(Resilience.of(Retry.of(3))) // each attempt picks anew
                .perAttempt(Resilience.of(FixedTimeout.of(ofMillis(300)))) // on one instance
                .open(ctx)) {
          String order = orders.call(ctx, (c, instance) -> fetch(c, instance));
          log.add(order);
        }
      }
    }
    assertThat(log).containsExactly("order of 127.0.0.1");
  }

  @Test
  void stay_in_the_zone() throws IOException {
    try (var ctx = Context.background().withTimeout(ofSeconds(30))) {
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
      registry.register(ctx, ServiceInstance.of("orders", "127.0.0.1", 1).withZone("eu-1"));
      registry.register(ctx, ServiceInstance.of("orders", "127.0.0.2", 1).withZone("eu-2"));
      ServiceClient orders =
          ServiceClient.builder("orders", registry)
              .zone(ZonePreference.of("eu-1"))
              .perCall(Resilience.of(Retry.of(3), Hedge.ofDefaults())) // each on another instance
              .open(ctx);
      log.add(orders.call(ctx, (c, instance) -> fetch(c, instance)));
      assertThat(orders.explain().zoneShare()).hasValue(1);
    }
    assertThat(log).containsExactly("order of 127.0.0.1");
  }

  @Test
  void send_a_share_to_the_canary() throws IOException {
    try (var ctx = Context.background().withTimeout(ofSeconds(30))) {
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
      registry.register(ctx, ServiceInstance.of("orders", "127.0.0.1", 1).withZone("eu-1"));
      registry.register(ctx, ServiceInstance.of("orders", "127.0.0.2", 1).withZone("us-1"));
      ServiceClient orders =
          ServiceClient.builder("orders", registry)
              .filterFirst(CandidateFilter.only("region eu", it -> it.zone().startsWith("eu")))
              .filter(
                  CandidateFilter.share("canary", 0.05, it -> it.metadata().containsKey("canary")))
              .open(ctx);
      log.add(orders.call(ctx, (c, instance) -> fetch(c, instance)));
      assertThat(orders.explain().filters()).containsExactly("region eu", "ejection", "canary");
    }
    assertThat(log).containsExactly("order of 127.0.0.1");
  }

  private void serve(Context ctx) {
    log.add(ctx.isDone() ? "too late" : "served");
  }

  private void finishWhatRuns() {
    log.add("finished");
  }

  private static String fetch(Context ctx, ServiceInstance instance) throws IOException {
    if (ctx.isDone()) {
      throw new IOException("nobody waits");
    }
    return "order of " + instance.host();
  }
}
