package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Balancer.Picker;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.client.ServiceClient;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client of a service with many instances, registered in memory, all of which have answered
 * calls. If wanted a thread makes a thousand changes a second: by turns one joins and one leaves
 * that has joined a while before.
 */
final class ManyInstances {

  private static final int NEWCOMERS = 100;

  final ServiceClient client;
  final CancellableContext ctx;
  private final ServiceRegistry registry;
  private final @Nullable Thread changes;
  private final int heaviest;
  private final long now;
  private volatile Balancer.@Nullable Picker picker;

  ManyInstances(Balancer balancer, int instances, int heaviest, boolean changing) {
    this.heaviest = heaviest;
    ctx = Context.background().withCancel();
    registry = ServiceRegistry.inMemory(ctx);
    for (int n = 0; n < instances; n++) {
      registry.register(ctx, instance("host" + n, n));
    }
    client =
        ServiceClient.builder("orders", registry)
            .balancer(watched(balancer))
            .initialWait(Duration.ofMinutes(1))
            .open(ctx);
    for (int i = 0; i < 20 * instances; i++) {
      client.call(ctx, (c, instance) -> instance);
    }
    now = ctx.timeSource().nanoTime();
    changes = changing ? new Thread(this::change, "changes") : null;
    if (changes != null) {
      changes.start();
    }
  }

  private ServiceInstance instance(String host, int n) {
    ServiceInstance instance = ServiceInstance.of("orders", host, 8080);
    return heaviest == 0 ? instance : instance.withWeight(1 + n % heaviest);
  }

  private Balancer watched(Balancer balancer) {
    return new Balancer() {
      @Override
      public Picker over(List<Candidate> candidates) {
        Picker made = balancer.over(candidates);
        picker = made;
        return made;
      }

      @Override
      public Picker over(List<Candidate> candidates, Picker previous) {
        Picker made = balancer.over(candidates, previous);
        picker = made;
        return made;
      }
    };
  }

  private void change() {
    ArrayDeque<Lease> newcomers = new ArrayDeque<>();
    long due = System.nanoTime();
    for (int n = 0; !ctx.isDone(); n++) {
      if (newcomers.size() < NEWCOMERS || n % 2 == 0) {
        newcomers.add(registry.register(ctx, instance("newcomer" + n, n)));
      } else {
        newcomers.remove().close();
      }
      due += 1_000_000;
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  /** What a call does to find out whom to call: read what is prepared, and pick from it. */
  @Nullable Candidate pick() {
    return Objects.requireNonNull(picker).pick(ctx, now, anybody -> true);
  }

  void stop() throws InterruptedException {
    ctx.close();
    if (changes != null) {
      changes.join();
    }
  }
}
