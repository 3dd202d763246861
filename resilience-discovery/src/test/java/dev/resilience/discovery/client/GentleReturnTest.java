package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** One of three instances is slow, or new, under the default balancer and steady traffic. */
class GentleReturnTest {

  @Test
  void a_slow_instance_keeps_less_than_one_call_in_a_hundred() {
    Schedules.checkAtMost(
        12,
        (seed, random) -> {
          Traffic traffic = new Traffic(seed, random);
          traffic.slow = true;
          traffic.runFor(ofSeconds(10));
          long from = traffic.now();
          traffic.runFor(ofSeconds(60));
          assertThat(traffic.share(from, traffic.now())).isLessThan(0.01);
          traffic.end();
        });
  }

  @Test
  void a_slow_instance_that_has_recovered_returns_step_by_step() {
    Schedules.checkAtMost(
        12,
        (seed, random) -> {
          Traffic traffic = new Traffic(seed, random);
          traffic.slow = true;
          traffic.runFor(ofSeconds(15 + random.nextInt(20)));
          long recovered = traffic.now();
          traffic.slow = false;
          traffic.runFor(ofSeconds(70));
          long first = traffic.firstQuickCallAfter(recovered);
          assertThat(first - recovered).isLessThan(ofSeconds(40).toMillis());
          checkSteps(traffic, first);
          traffic.end();
        });
  }

  @Test
  void a_new_instance_comes_in_step_by_step() {
    Schedules.checkAtMost(
        12,
        (seed, random) -> {
          Traffic traffic = new Traffic(seed, random, "b", "c");
          traffic.runFor(ofSeconds(20));
          traffic.register("a");
          long joined = traffic.now();
          traffic.runFor(ofSeconds(40));
          checkSteps(traffic, joined);
          traffic.end();
        });
  }

  /** Ten steps in ten seconds; in each it has at most what is due to it, but for the dice. */
  private static void checkSteps(Traffic traffic, long from) {
    for (int second = 0; second < 10; second++) {
      // Its weight is that of the end of the second, and it is drawn in one of two draws.
      double weight = (second + 2) / 10.0;
      double most = 1 - Math.pow(1 - weight / (2 + weight), 2);
      assertThat(traffic.share(from + 1000L * second, from + 1000L * (second + 1)))
          .as("second %s", second)
          .isLessThan(Math.min(most, 0.4) + 0.16);
    }
    assertThat(traffic.share(from, from + 3000)).isBetween(0.001, 0.25);
    for (long time = from + 5000; time < from + 30_000; time += 5000) {
      assertThat(traffic.share(time, time + 5000)).isBetween(0.1, 0.43);
    }
    assertThat(traffic.share(from + 15_000, from + 30_000)).isBetween(0.28, 0.4);
  }

  private static final class Traffic {

    private record Pick(long time, boolean ofA, boolean quick) {}

    private final VirtualTime.Manual time;
    private final CancellableContext ctx;
    private final ServiceRegistry registry;
    private final ServiceClient client;
    private final List<Pick> picks = new ArrayList<>();
    private final Duration gap;
    private boolean slow;

    Traffic(long seed, RandomGenerator random) {
      this(seed, random, "a", "b", "c");
    }

    Traffic(long seed, RandomGenerator random, String... hosts) {
      time = VirtualTime.manual(seed);
      ctx = Context.background(time).withCancel();
      registry = ServiceRegistry.inMemory(ctx);
      for (String host : hosts) {
        register(host);
      }
      client = ServiceClient.builder("orders", registry).open(ctx);
      gap = ofMillis(5 + random.nextInt(6));
    }

    void register(String host) {
      registry.register(ctx, ServiceInstance.of("orders", host, 8080));
    }

    long now() {
      return time.elapsed().toMillis();
    }

    void runFor(Duration howLong) {
      long end = now() + howLong.toMillis();
      while (now() < end) {
        client.callAsync(
            ctx,
            (c, instance) -> {
              boolean isA = instance.host().equals("a");
              picks.add(new Pick(now(), isA, !slow));
              return c.delay(isA && slow ? ofSeconds(2) : ofMillis(20));
            });
        time.advance(gap);
      }
    }

    double share(long from, long to) {
      List<Pick> within =
          picks.stream().filter(pick -> pick.time >= from && pick.time < to).toList();
      return (double) within.stream().filter(Pick::ofA).count() / within.size();
    }

    long firstQuickCallAfter(long moment) {
      return picks.stream()
          .filter(pick -> pick.time >= moment && pick.ofA && pick.quick)
          .mapToLong(Pick::time)
          .min()
          .orElseThrow();
    }

    void end() {
      ctx.cancel();
    }
  }
}
