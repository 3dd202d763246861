package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Thousands of instances, and many changes a second. */
class ManyInstancesTest {

  private final VirtualTime.Manual time = VirtualTime.manual(3);
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
  private final List<Duration> prepared = new ArrayList<>();

  @AfterEach
  void end() {
    ctx.close();
  }

  private Lease register(String host) {
    return registry.register(ctx, ServiceInstance.of("orders", host, 8080));
  }

  private ServiceClient.Builder counted(Balancer balancer) {
    return ServiceClient.builder("orders", registry)
        .perCall(Resilience.of())
        .balancer(
            new Balancer() {
              @Override
              public Picker over(List<Candidate> candidates) {
                prepared.add(time.elapsed());
                return balancer.over(candidates);
              }

              @Override
              public Picker over(List<Candidate> candidates, Picker previous) {
                prepared.add(time.elapsed());
                return balancer.over(candidates, previous);
              }
            });
  }

  @Test
  void a_thousand_changes_a_second_are_fifty_preparations_and_each_is_seen_soon() {
    for (int n = 0; n < 10_000; n++) {
      register("host" + n);
    }
    ServiceClient orders = counted(Balancer.consistentHash(c -> null)).open(ctx);
    time.advance(ofSeconds(1));
    prepared.clear();
    ArrayDeque<Lease> newcomers = new ArrayDeque<>();
    for (int n = 0; n < 1_000; n++) {
      if (n % 2 == 0) {
        newcomers.add(register("newcomer" + n));
      } else if (n > 500) {
        newcomers.remove().close();
      }
      time.advance(ofMillis(1));
      if (n % 100 == 50) {
        Lease last = newcomers.getLast();
        time.advance(ofMillis(40));
        assertThat(orders.instances(ctx)).contains(last.instance());
      }
    }
    // 1.4 seconds: one each twenty milliseconds, whether something joined, left or grew.
    assertThat(prepared.size()).isBetween(40, 71);
    for (int i = 1; i < prepared.size(); i++) {
      assertThat(prepared.get(i).minus(prepared.get(i - 1))).isGreaterThanOrEqualTo(ofMillis(20));
    }
  }

  @Test
  void the_first_checks_of_thousands_are_a_few_preparations() {
    for (int n = 0; n < 3_000; n++) {
      register("host" + n);
    }
    ServiceClient orders =
        counted(Balancer.leastLoaded())
            .healthChecks(
                HealthChecks.of(
                    (c, instance) ->
                        c.delay(ofMillis(instance.host().hashCode() & 63))
                            .thenApply(nothing -> true)))
            .open(ctx);
    time.advance(ofMillis(100));
    assertThat(orders.instances(ctx)).hasSize(3_000);
    assertThat(prepared.size()).isLessThan(20);
  }

  @Test
  void a_change_after_some_quiet_is_seen_at_once() {
    for (int n = 0; n < 5_000; n++) {
      register("host" + n);
    }
    ServiceClient orders = counted(Balancer.roundRobin()).open(ctx);
    time.advance(ofSeconds(15));
    register("newcomer");
    time.advance(Duration.ofNanos(1));
    assertThat(orders.instances(ctx)).extracting(ServiceInstance::host).contains("newcomer");
  }

  @Test
  void those_that_fail_together_are_all_set_aside_soon() {
    for (int n = 0; n < 2_000; n++) {
      register("host" + n);
    }
    ServiceClient orders =
        counted(Balancer.roundRobin())
            .ejection(Ejection.builder().consecutiveFailures(1).build())
            .open(ctx);
    time.advance(ofSeconds(1));
    prepared.clear();
    Set<String> failed = new HashSet<>();
    for (int n = 0; n < 500; n++) {
      orders.callAsync(
          ctx,
          (c, instance) -> {
            failed.add(instance.host());
            return CompletableFuture.failedFuture(new IOException("broken"));
          });
    }
    assertThat(prepared).hasSize(1);
    time.advance(ofMillis(4));
    assertThat(prepared).hasSize(2);
    assertThat(orders.instances(ctx))
        .hasSize(2_000 - failed.size())
        .extracting(ServiceInstance::host)
        .doesNotContainAnyElementsOf(failed);
  }
}
