package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.hedge.Hedge;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One instance of five turns ten times slower, and answers all the same. */
class SlowInstanceTest {

  private enum By {
    LEAST_LOADED(Balancer.leastLoaded()),
    ROUND_ROBIN(Balancer.roundRobin()),
    WEIGHTED(Balancer.weighted());

    private final Balancer balancer;

    By(Balancer balancer) {
      this.balancer = balancer;
    }
  }

  /** 400 calls a second of about 20 ms. */
  private static final class World {

    private final VirtualTime.Manual time = VirtualTime.manual();
    private final CancellableContext ctx = Context.background(time).withCancel();
    private final RandomGenerator random;
    private final ServiceClient client;
    private final List<String> called = new ArrayList<>();
    private int slower = 1;
    private int allSlower = 1;

    World(By by, RandomGenerator random) {
      this(by, random, Resilience.of());
    }

    World(By by, RandomGenerator random, Resilience perCall) {
      this.random = random;
      ServiceRegistry registry = ServiceRegistry.inMemory(ctx);
      for (String host : List.of("a", "b", "c", "d", "e")) {
        registry.register(ctx, ServiceInstance.of("orders", host, 1));
      }
      client =
          ServiceClient.builder("orders", registry)
              .balancer(by.balancer)
              .perCall(perCall)
              .ejection(Ejection.builder().slowStart(Duration.ZERO).build())
              .open(ctx);
    }

    void runs(Duration howLong) {
      Duration end = time.elapsed().plus(howLong);
      while (time.elapsed().compareTo(end) < 0) {
        client.callAsync(
            ctx,
            (c, instance) -> {
              called.add(instance.host());
              Duration takes = ofMillis(10 + random.nextInt(20)).multipliedBy(allSlower);
              return c.delay(instance.host().equals("a") ? takes.multipliedBy(slower) : takes);
            });
        time.advance(Duration.ofNanos(2_500_000));
      }
    }

    void sparesAASecondAfterItTurnedSlow() {
      slower = 10;
      runs(ofSeconds(1));
      called.clear();
      runs(ofSeconds(20));
      assertThat(shareOfA()).isLessThanOrEqualTo(0.02);
      ctx.close();
    }

    void ejectsNobodyWhereAllAreSlow() {
      allSlower = 10;
      for (int i = 0; i < 40; i++) {
        runs(ofMillis(100));
        assertThat(client.explain().toString()).doesNotContain("ejected");
      }
      ctx.close();
    }

    double shareOfA() {
      return (double) called.stream().filter("a"::equals).count() / called.size();
    }
  }

  @ParameterizedTest
  @EnumSource
  void gets_hardly_any_calls_after_a_second(By by) {
    Schedules.checkAtMost(
        5,
        (seed, random) -> {
          World world = new World(by, random);
          world.runs(ofSeconds(5));
          assertThat(world.shareOfA()).isBetween(0.15, 0.25);
          world.sparesAASecondAfterItTurnedSlow();
        });
  }

  /** Its answers are never seen: each of its calls is hedged, and the hedge is quicker. */
  @ParameterizedTest
  @EnumSource
  void gets_hardly_any_calls_also_where_a_hedge_is_always_quicker(By by) {
    Schedules.checkAtMost(
        5,
        (seed, random) -> {
          World world = new World(by, random, hedged());
          world.runs(ofSeconds(5));
          assertThat(world.client.explain().toString()).doesNotContain("ejected");
          world.sparesAASecondAfterItTurnedSlow();
        });
  }

  private static Resilience hedged() {
    return Resilience.of(Hedge.builder("orders").build());
  }

  @ParameterizedTest
  @EnumSource
  void nobody_is_ejected_where_all_are_slow_and_hedged(By by) {
    Schedules.checkAtMost(
        5,
        (seed, random) -> {
          World world = new World(by, random, hedged());
          world.runs(ofSeconds(3));
          world.ejectsNobodyWhereAllAreSlow();
        });
  }

  @ParameterizedTest
  @EnumSource
  void nobody_is_ejected_where_all_are_slow(By by) {
    Schedules.checkAtMost(
        5,
        (seed, random) -> {
          World world = new World(by, random);
          world.runs(ofSeconds(3));
          world.ejectsNobodyWhereAllAreSlow();
        });
  }

  @ParameterizedTest
  @EnumSource(names = "ROUND_ROBIN")
  void comes_back_when_it_is_quick_again(By by) {
    Schedules.checkAtMost(
        5,
        (seed, random) -> {
          World world = new World(by, random);
          world.runs(ofSeconds(3));
          world.slower = 10;
          world.runs(ofSeconds(4));
          assertThat(world.client.explain().toString())
              .contains("a:1: out, ejected, it is much slower than the others");
          world.slower = 1;
          world.runs(ofSeconds(10));
          world.called.clear();
          world.runs(ofSeconds(5));
          assertThat(world.shareOfA()).isBetween(0.15, 0.25);
          world.ctx.close();
        });
  }
}
