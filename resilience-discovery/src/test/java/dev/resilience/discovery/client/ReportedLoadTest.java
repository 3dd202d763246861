package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.ServerLoad;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportedLoadTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final List<@Nullable ServerLoad> seen = new ArrayList<>();
  private final Balancer looking =
      candidates ->
          (c, now, usable) -> {
            for (Candidate candidate : candidates) {
              seen.add(candidate.serverLoad(now));
            }
            return candidates.get(0);
          };

  @Test
  void reaches_the_balancer_and_counts_for_a_second() {
    try (CancellableContext ctx = Context.background(time).withCancel()) {
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
      ServiceInstance a = ServiceInstance.of("orders", "a", 1);
      ServiceInstance b = ServiceInstance.of("orders", "b", 1);
      registry.register(ctx, a);
      registry.register(ctx, b);
      ServiceClient orders = ServiceClient.builder("orders", registry).balancer(looking).open(ctx);
      time.advance(ofMillis(100));
      ServerLoad load = ServerLoad.of(7, ofMillis(20));

      orders.reportLoad(b, load);
      orders.reportLoad(ServiceInstance.of("orders", "nobody", 1), load);
      orders.call(ctx, (c, instance) -> 1);
      time.advance(ofSeconds(2));
      orders.call(ctx, (c, instance) -> 1);

      assertThat(seen).containsExactly(null, load, null, null);
    }
  }
}
