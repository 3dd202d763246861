package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZoneTest {

  private static final Key<Integer> CUSTOMER = Key.of("customer", Integer.class);

  private final VirtualTime.Manual time = VirtualTime.manual(7);
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
  private final Map<String, Integer> calls = new HashMap<>();
  private final Set<String> unhealthy = new HashSet<>();

  @AfterEach
  void end() {
    ctx.close();
  }

  private void register(String zone, int count) {
    for (int n = 0; n < count; n++) {
      registry.register(ctx, ServiceInstance.of("orders", zone + "-" + n, 8080).withZone(zone));
    }
  }

  private ServiceClient.Builder inZoneA() {
    return ServiceClient.builder("orders", registry)
        .zone(ZonePreference.of("a"))
        .ejection(Ejection.builder().slowStart(Duration.ZERO).build())
        .perCall(Resilience.of());
  }

  private HealthChecks checking() {
    return HealthChecks.builder(
            (c, instance) ->
                unhealthy.contains(instance.host())
                    ? CompletableFuture.failedFuture(new IOException("unhealthy"))
                    : CompletableFuture.completedFuture(null))
        .interval(ofSeconds(1))
        .build();
  }

  private double shareOfZoneA(ServiceClient client, int times) {
    calls.clear();
    for (int i = 0; i < times; i++) {
      client.call(
          ctx.withValue(CUSTOMER, i),
          (c, instance) -> calls.merge(instance.zone(), 1, Integer::sum));
    }
    return (double) calls.getOrDefault("a", 0) / times;
  }

  static Stream<Balancer> balancers() {
    return Stream.of(
        Balancer.leastLoaded(),
        Balancer.roundRobin(),
        Balancer.weighted(),
        Balancer.consistentHash(CUSTOMER));
  }

  @Test
  void is_of_no_meaning_unless_one_is_preferred() {
    register("a", 3);
    register("b", 3);
    ServiceClient orders =
        ServiceClient.builder("orders", registry).balancer(Balancer.roundRobin()).open(ctx);
    assertThat(shareOfZoneA(orders, 600)).isEqualTo(0.5);
    assertThat(orders.explain().zoneShare()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void keeps_all_calls_while_it_has_the_capacity(Balancer balancer) {
    register("a", 3);
    register("b", 3);
    register("c", 3);
    ServiceClient orders = inZoneA().balancer(balancer).open(ctx);
    assertThat(shareOfZoneA(orders, 300)).isEqualTo(1);
    assertThat(orders.explain().toString())
        .startsWith("orders: 9 of 9 get calls; answer 0 s old; 100 % of them in their own zone");
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void sends_on_what_is_more_than_its_capacity(Balancer balancer) {
    register("a", 3);
    register("b", 3);
    register("c", 3);
    ServiceClient orders = inZoneA().balancer(balancer).healthChecks(checking()).open(ctx);
    assertThat(shareOfZoneA(orders, 100)).isEqualTo(1);

    unhealthy.add("a-0");
    time.advance(ofSeconds(10));
    assertThat(orders.explain().zoneShare()).hasValueCloseTo(1.4 * 2 / 3, within(1e-9));
    assertThat(shareOfZoneA(orders, 2_000)).isCloseTo(0.93, within(0.03));
    assertThat(calls).containsKeys("b", "c");

    unhealthy.add("a-1");
    time.advance(ofSeconds(10));
    assertThat(shareOfZoneA(orders, 2_000)).isCloseTo(0.47, within(0.05));

    unhealthy.add("a-2");
    time.advance(ofSeconds(10));
    assertThat(shareOfZoneA(orders, 300)).isZero();

    unhealthy.clear();
    time.advance(ofSeconds(10));
    assertThat(shareOfZoneA(orders, 300)).isEqualTo(1);
  }

  @Test
  void keeps_of_the_calls_no_more_than_it_is_large() {
    register("a", 1);
    register("b", 9);
    ServiceClient orders = inZoneA().open(ctx);
    assertThat(orders.instances(ctx)).hasSize(10);
    // It is due a half of ten, and can take 1.4 times its one.
    assertThat(orders.explain().zoneShare()).hasValueCloseTo(0.28, within(1e-9));
    assertThat(shareOfZoneA(orders, 2_000)).isCloseTo(0.28, within(0.04));
  }

  @Test
  void of_nobody_sends_everything_on() {
    register("b", 2);
    register("", 2);
    ServiceClient orders = inZoneA().open(ctx);
    assertThat(shareOfZoneA(orders, 200)).isZero();
    assertThat(calls).containsOnlyKeys("b", "");
  }

  @Test
  void gets_its_calls_back_gently() {
    register("a", 3);
    register("b", 3);
    ServiceClient orders =
        inZoneA().ejection(Ejection.ofDefaults()).healthChecks(checking()).open(ctx);
    assertThat(shareOfZoneA(orders, 10)).isEqualTo(1);
    unhealthy.addAll(Set.of("a-0", "a-1", "a-2"));
    time.advance(ofSeconds(10));
    assertThat(shareOfZoneA(orders, 10)).isZero();
    unhealthy.clear();
    while (shareOfZoneA(orders, 40) == 0) {
      time.advance(ofMillis(100));
    }
    assertThat(shareOfZoneA(orders, 1_000)).isLessThan(0.25);
    time.advance(ofSeconds(12));
    assertThat(shareOfZoneA(orders, 100)).isEqualTo(1);
  }

  @Test
  void is_left_by_another_attempt_where_it_has_nobody_else() {
    register("a", 1);
    register("b", 1);
    ServiceClient orders =
        inZoneA()
            .perCall(
                Resilience.of(
                    Retry.builder()
                        .maxAttempts(2)
                        .backoff(Backoff.none())
                        .budget(RetryBudget.unlimited())
                        .build()))
            .ejection(Ejection.builder().maxEjectedShare(0).build())
            .open(ctx);
    for (int i = 0; i < 20; i++) {
      String answer =
          orders.call(
              ctx,
              (c, instance) -> {
                if (instance.zone().equals("a")) {
                  throw new IllegalStateException("broken");
                }
                return instance.zone();
              });
      assertThat(answer).isEqualTo("b");
    }
  }

  @Test
  void does_not_count_in_panic() {
    register("a", 4);
    register("b", 4);
    for (String zone : List.of("a", "b")) {
      unhealthy.addAll(List.of(zone + "-0", zone + "-1", zone + "-2", zone + "-3"));
    }
    ServiceClient orders = inZoneA().healthChecks(checking()).open(ctx);
    assertThat(shareOfZoneA(orders, 1_000)).isCloseTo(0.5, within(0.06));
    assertThat(orders.explain().isPanic()).isTrue();
    assertThat(orders.explain().zoneShare()).isEmpty();
  }

  @Test
  void is_refused_without_a_name_or_with_too_little_headroom() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ZonePreference.of(""))
        .withMessage("zone: \"\" (expected: a name)");
    assertThatIllegalArgumentException().isThrownBy(() -> ZonePreference.of("a b"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ZonePreference.builder("a").headroom(0.9).build())
        .withMessage("headroom: 0.9 (expected: >= 1)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ZonePreference.builder("a").headroom(Double.NaN).build());
  }
}
