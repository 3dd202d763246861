package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.hedge.Hedge;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Random traffic over instances that come, drain, die, fail, hang and lie about their health, with
 * callers that leave and callers in a hurry.
 */
class ServiceClientPropertyTest {

  private static final int INSTANCES = 6;
  private static final Key<Integer> CUSTOMER = Key.of("customer", Integer.class);

  @Test
  void nobody_drained_is_called_the_floor_holds_and_everything_is_given_back() {
    Schedules.check(500, (seed, random) -> new Program(seed, random, true).run());
  }

  @Test
  void where_nobody_fails_nobody_is_set_aside_whoever_leaves() {
    Schedules.check(150, (seed, random) -> new Program(seed, random, false).run());
  }

  @Test
  void the_same_seed_tells_the_same_story() {
    Schedules.check(
        25,
        (seed, random) -> {
          Program first = new Program(seed, Schedules.random(seed), true);
          Program second = new Program(seed, Schedules.random(seed), true);
          first.run();
          second.run();
          assertThat(second.story).isEqualTo(first.story);
        });
  }

  private static final class Program {

    private final RandomGenerator random;
    private final boolean withFaults;
    private final VirtualTime.Manual time;
    private final CancellableContext owner;
    private final ServiceRegistry registry;
    private final ServiceClient client;
    private final Map<Integer, Lease> leases = new HashMap<>();
    private final Map<Integer, Duration> drained = new HashMap<>();
    private final Set<Integer> broken = new HashSet<>();
    private final Set<Integer> unhealthy = new HashSet<>();
    private final Set<Integer> hanging = new HashSet<>();
    private final Set<Candidate> seen = new HashSet<>();
    private final List<CompletionStage<?>> results = new ArrayList<>();
    private final List<CancellableContext> callers = new ArrayList<>();
    private final List<String> story = new ArrayList<>();

    Program(long seed, RandomGenerator random, boolean withFaults) {
      this.random = random;
      this.withFaults = withFaults;
      this.time = VirtualTime.manual(seed);
      this.owner = Context.background(time).withCancel();
      this.registry = ServiceRegistry.inMemory(owner);
      Balancer balancer = balancer(random.nextInt(4));
      ServiceClient.Builder builder =
          ServiceClient.builder("orders", registry)
              .balancer(
                  new Balancer() {
                    @Override
                    public Picker over(List<Candidate> candidates) {
                      seen.addAll(candidates);
                      return balancer.over(candidates);
                    }

                    @Override
                    public Picker over(List<Candidate> candidates, Picker previous) {
                      seen.addAll(candidates);
                      return balancer.over(candidates, previous);
                    }
                  })
              .ejection(Ejection.builder().consecutiveFailures(1 + random.nextInt(4)).build());
      if (random.nextBoolean()) {
        builder.healthChecks(HealthChecks.builder(this::check).interval(ofSeconds(1)).build());
      }
      if (random.nextBoolean()) {
        builder.perAttempt(Resilience.of(FixedTimeout.of(ofMillis(300))));
      }
      if (random.nextBoolean()) {
        builder.perCall(Resilience.of(Retry.of(3), FixedTimeout.of(ofMillis(500))));
      } else if (random.nextBoolean()) {
        builder.perCall(Resilience.of(Retry.of(3), Hedge.after(ofMillis(1 + random.nextInt(50)))));
      }
      if (random.nextBoolean()) {
        builder.zone(ZonePreference.of("zone" + random.nextInt(3)));
      }
      for (int n = 0; n < 1 + random.nextInt(INSTANCES); n++) {
        register(n);
      }
      this.client = builder.open(owner);
    }

    private static Balancer balancer(int which) {
      return switch (which) {
        case 0 -> Balancer.roundRobin();
        case 1 -> Balancer.weighted();
        case 2 -> Balancer.leastLoaded();
        default -> Balancer.consistentHash(CUSTOMER);
      };
    }

    void run() {
      int steps = 40 + random.nextInt(100);
      for (int i = 0; i < steps; i++) {
        step();
        time.advance(ofMillis(random.nextInt(random.nextInt(10) == 0 ? 4000 : 40)));
        checkFloor();
      }
      callers.forEach(CancellableContext::cancel);
      time.advance(ofSeconds(2));
      assertThat(results).allMatch(stage -> stage.toCompletableFuture().isDone());
      assertThat(seen).allMatch(candidate -> candidate.inFlight() == 0);
      client.close();
      owner.cancel();
      time.advance(ofSeconds(40));
      assertThat(time.pendingTimers()).isZero();
    }

    private void step() {
      int n = random.nextInt(INSTANCES);
      switch (random.nextInt(withFaults ? 14 : 11)) {
        case 0 -> register(n);
        case 1 -> leaving(n, Lease::drain);
        case 2 -> leaving(n, Lease::close);
        case 3 -> {
          if (!callers.isEmpty()) {
            callers.get(random.nextInt(callers.size())).cancel();
          }
        }
        case 11 -> toggle(broken, n);
        case 12 -> toggle(unhealthy, n);
        case 13 -> toggle(hanging, n);
        default -> call();
      }
    }

    private static void toggle(Set<Integer> set, int n) {
      if (!set.remove(n)) {
        set.add(n);
      }
    }

    private void register(int n) {
      Lease present = leases.get(n);
      if (present == null || present.state() == Lease.State.WITHDRAWN) {
        drained.remove(n);
        leases.put(
            n,
            registry.register(
                owner,
                ServiceInstance.of("orders", "host", n + 1)
                    .withWeight(1 + random.nextInt(20))
                    .withZone("zone" + n % 2)));
      }
    }

    private void leaving(int n, java.util.function.Consumer<Lease> how) {
      Lease lease = leases.get(n);
      if (lease != null) {
        drained.putIfAbsent(n, time.elapsed());
        how.accept(lease);
      }
    }

    private void call() {
      CancellableContext caller = owner.withCancel();
      callers.add(caller);
      Context ctx = caller.withValue(CUSTOMER, random.nextInt(20));
      // Without faults no deadline may cut off what takes its usual time.
      if (withFaults && random.nextInt(3) == 0) {
        ctx = ctx.withTimeout(ofMillis(1 + random.nextInt(200)));
      }
      Duration takes = ofMillis(1 + random.nextInt(60));
      results.add(client.callAsync(ctx, (c, instance) -> work(c, instance, takes)));
    }

    private CompletionStage<Integer> work(Context c, ServiceInstance instance, Duration takes) {
      int n = instance.port() - 1;
      Duration since = drained.get(n);
      story.add(time.elapsed() + " " + instance);
      assertThat(instance.isDraining()).isFalse();
      if (since != null && time.elapsed().minus(since).compareTo(ofMillis(10)) > 0) {
        throw new AssertionError(instance + " was called, drained since " + since);
      }
      if (hanging.contains(n)) {
        return new CompletableFuture<>();
      }
      boolean fails = broken.contains(n);
      return c.delay(takes)
          .thenCompose(
              nothing ->
                  fails
                      ? CompletableFuture.failedFuture(new IOException("broken"))
                      : CompletableFuture.completedFuture(n));
    }

    private CompletionStage<Integer> check(Context c, ServiceInstance instance) {
      int n = instance.port() - 1;
      return hanging.contains(n)
          ? new CompletableFuture<>()
          : unhealthy.contains(n)
              ? CompletableFuture.failedFuture(new IOException("unhealthy"))
              : CompletableFuture.completedFuture(n);
    }

    private void checkFloor() {
      Explanation explanation = client.explain();
      long in = explanation.instances().stream().filter(InstanceStatus::isIn).count();
      long aside =
          explanation.instances().stream()
              .filter(one -> !one.isIn() && one.reason().startsWith("ejected"))
              .count();
      assertThat(aside).as(() -> explanation.toString()).isLessThanOrEqualTo(in);
      if (!withFaults) {
        assertThat(aside).isZero();
        assertThat(explanation.isPanic()).isFalse();
      }
      for (CompletionStage<?> result : results) {
        if (result.toCompletableFuture().isCompletedExceptionally()) {
          result.exceptionally(
              failure -> {
                assertThat(failure).isNotInstanceOf(AssertionError.class);
                return null;
              });
        }
      }
      results.removeIf(result -> result.toCompletableFuture().isDone());
      callers.removeIf(Context::isDone);
      story.add(in + " " + aside + " " + explanation.instances());
    }
  }
}
