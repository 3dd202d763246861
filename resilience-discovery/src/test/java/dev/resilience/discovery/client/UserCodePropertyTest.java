package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.discovery.health.HealthChecks;
import dev.resilience.discovery.registry.FlakyStore;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.RegistryStore;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every function that a user hands to a builder of discovery throws, throws an {@link Error}, or
 * blocks and ignores its interrupt, at random. Meanwhile each call ends; afterwards all is as if
 * nothing had happened.
 */
class UserCodePropertyTest {

  private static final Duration BLOCKS = ofSeconds(3);
  private static final Duration TROUBLE = ofSeconds(40);
  private static final Duration PATIENCE = ofSeconds(1);

  @Test
  void whatever_it_does_nothing_is_lost_for_good() {
    Schedules.checkAtMost(
        60,
        (seed, random) -> {
          VirtualTime.Automatic time = VirtualTime.automatic(seed);
          time.run(
              () -> {
                new World(time, random).plays();
                return null;
              });
        });
  }

  private static final class World {

    private final VirtualTime.Automatic time;
    private final RandomGenerator random;
    private final double share;
    private volatile boolean troubled = true;

    World(VirtualTime.Automatic time, RandomGenerator random) {
      this.time = time;
      this.random = random;
      this.share = random.nextDouble() / 2;
    }

    void plays() throws Exception {
      try (CancellableContext ctx = Context.background(time).withCancel()) {
        ServiceRegistry registry =
            ServiceRegistry.builder(new TroubledStore(new FlakyStore(time)))
                .leaseTime(ofSeconds(6))
                .refreshInterval(ofSeconds(5))
                .open(ctx);
        Lease a = registry.register(ctx, ServiceInstance.of("orders", "a", 1));
        Lease b = registry.register(ctx, ServiceInstance.of("orders", "b", 1));
        registry.watch(ctx, "orders", snapshot -> trouble());
        ServiceClient client = client(registry, ctx);
        Duration end = time.elapsed().plus(TROUBLE);
        while (time.elapsed().compareTo(end) < 0) {
          callsOnce(client, ctx);
          ctx.sleep(ofMillis(random.nextInt(300)));
        }
        troubled = false;
        ctx.sleep(ofSeconds(90));
        assertThat(a.state()).isEqualTo(Lease.State.HELD);
        assertThat(b.state()).isEqualTo(Lease.State.HELD);
        assertThat(client.explain().toString()).contains("2 of 2 get calls; answer ");
        assertThat(client.explain().instances())
            .allSatisfy(status -> assertThat(status.reason()).isEqualTo("healthy"));
        for (int i = 0; i < 20; i++) {
          assertThat(client.<String, RuntimeException>call(ctx, (c, it) -> it.host()))
              .isIn("a", "b");
        }
        client.close();
      }
    }

    /** A call ends at its deadline, but for user code that holds its own thread. */
    private void callsOnce(ServiceClient client, Context ctx) throws InterruptedException {
      try (CancellableContext caller = ctx.withTimeout(PATIENCE)) {
        CompletableFuture<Integer> answer =
            client
                .callAsync(
                    caller,
                    (c, instance) -> {
                      trouble();
                      return c.delay(ofMillis(5)).thenApply(nothing -> random.nextInt(9));
                    })
                .toCompletableFuture();
        ctx.sleep(PATIENCE.plus(BLOCKS.multipliedBy(4)));
        assertThat(answer).isDone();
      }
    }

    private ServiceClient client(ServiceRegistry registry, Context ctx) {
      return ServiceClient.builder("orders", registry)
          .balancer(new TroubledBalancer())
          .healthChecks(
              HealthChecks.builder(
                      (c, instance) -> {
                        trouble();
                        return CompletableFuture.completedFuture(null);
                      })
                  .interval(ofSeconds(1))
                  .build())
          .filter(new TroubledFilter())
          .filterFirst(new TroubledFilter())
          .classifier(
              Classifier.ofDefaults()
                  .onResult(Integer.class, result -> verdict())
                  .onFailure(IllegalStateException.class, failure -> verdict()))
          .open(ctx);
    }

    private Verdict verdict() {
      trouble();
      return Verdict.SUCCESS;
    }

    private void trouble() {
      if (!troubled || random.nextDouble() >= share) {
        return;
      }
      switch (random.nextInt(3)) {
        case 0 -> throw new IllegalStateException("thrown by user code");
        case 1 -> throw new AssertionError("an error of user code");
        default -> block();
      }
    }

    private void block() {
      long end = time.nanoTime() + BLOCKS.toNanos();
      boolean interrupted = false;
      while (end - time.nanoTime() > 0) {
        time.parkUntil(this, end);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    private final class TroubledFilter implements CandidateFilter {

      @Override
      public String name() {
        return "troubled";
      }

      @Override
      public FilterChoice choose(List<Candidate> candidates) {
        trouble();
        return FilterChoice.all();
      }
    }

    private final class TroubledBalancer implements Balancer {

      private final Balancer balancer = Balancer.roundRobin();

      @Override
      public Picker over(List<Candidate> candidates) {
        trouble();
        Picker picker = balancer.over(candidates);
        return new Picker() {
          @Override
          public @Nullable Candidate pick(
              Context ctx, long now, Predicate<? super Candidate> usable) {
            trouble();
            return picker.pick(ctx, now, usable);
          }
        };
      }
    }

    private final class TroubledStore implements RegistryStore {

      private final RegistryStore store;

      TroubledStore(RegistryStore store) {
        this.store = store;
      }

      @Override
      public CompletionStage<@Nullable Void> put(
          Context ctx, ServiceInstance instance, Duration lease) {
        trouble();
        return store.put(ctx, instance, lease);
      }

      @Override
      public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
        trouble();
        return store.remove(ctx, instance);
      }

      @Override
      public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
        trouble();
        return store.list(ctx, service);
      }

      @Override
      public Registration onChange(String service, Runnable hint) {
        trouble();
        return store.onChange(service, hint);
      }
    }
  }
}
