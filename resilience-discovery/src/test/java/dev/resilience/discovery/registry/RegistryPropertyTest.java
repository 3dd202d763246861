package dev.resilience.discovery.registry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.discovery.registry.FlakyStore.Mood;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Random programs of registering, draining, closing and ending, over a store that goes away,
 * forgets, is slow and drops hints.
 */
class RegistryPropertyTest {

  private static final int INSTANCES = 5;
  private static final List<Mood> MOODS = List.of(Mood.values());

  @Test
  void the_living_are_never_lost_and_the_drained_never_shown() {
    Schedules.check(1_000, (seed, random) -> new Program(seed, random).run());
  }

  private static final class Program {

    private final RandomGenerator random;
    private final VirtualTime.Manual time;
    private final FlakyStore store;
    private final CancellableContext owner;
    private final ServiceRegistry registry;
    private final Map<Integer, Lease> leases = new HashMap<>();
    private final Map<Integer, CancellableContext> contexts = new HashMap<>();

    /** Registered, and not asked to leave since. */
    private final Set<Integer> stays = new HashSet<>();

    /** Seen by the watch, and not asked to leave since. */
    private final Map<Integer, ServiceInstance> shown = new HashMap<>();

    private final List<ServiceSnapshot> heard = new ArrayList<>();
    private final boolean forgetful;
    private boolean lost;

    Program(long seed, RandomGenerator random) {
      this.random = random;
      this.forgetful = random.nextBoolean();
      this.time = VirtualTime.manual(seed);
      this.store = new FlakyStore(time);
      this.owner = Context.background(time).withCancel();
      // A watch that asks often notices each absence; one that does not may take a lease that ran
      // out
      // for a death.
      this.registry =
          ServiceRegistry.builder(store)
              .refreshInterval(forgetful ? ofSeconds(30) : ofMillis(700))
              .open(owner);
    }

    void run() {
      registry.watch(owner, "orders", this::on);
      int steps = 5 + random.nextInt(20);
      for (int i = 0; i < steps; i++) {
        step();
        time.advance(
            ofMillis(random.nextInt(4) == 0 ? random.nextInt(40_000) : random.nextInt(50)));
      }
      settle();
      checkConverged();
      checkNothingIsLeft();
    }

    private void step() {
      int n = random.nextInt(INSTANCES);
      switch (random.nextInt(9)) {
        case 0, 1, 2 -> register(n);
        case 3 -> leaving(n, Lease::drain);
        case 4 -> leaving(n, Lease::close);
        case 5 -> leaving(n, lease -> requireNonNull(contexts.get(n)).cancel());
        case 6 -> store.mood = MOODS.get(random.nextInt(MOODS.size()));
        case 7 -> store.latency = ofMillis(random.nextInt(3) * 400L);
        default -> {
          store.dropsHints = random.nextBoolean();
          if (forgetful && random.nextInt(4) == 0) {
            store.forgetEverything();
          }
        }
      }
    }

    private void register(int n) {
      Lease present = leases.get(n);
      if (present != null && present.state() != Lease.State.WITHDRAWN) {
        return;
      }
      CancellableContext ctx = owner.withCancel();
      contexts.put(n, ctx);
      stays.add(n);
      leases.put(
          n, registry.register(ctx, instance(n).withMetadata("try", "" + random.nextInt(1000))));
    }

    private void leaving(int n, java.util.function.Consumer<Lease> how) {
      Lease lease = leases.get(n);
      if (lease != null) {
        shown.remove(n);
        stays.remove(n);
        how.accept(lease);
      }
    }

    /**
     * A living instance that was shown once is shown in every later snapshot, but for the first few
     * that a registry forgets, which cannot be told from deaths.
     */
    private void on(ServiceSnapshot snapshot) {
      heard.add(snapshot);
      lost |=
          forgetful
              ? snapshot.instances().isEmpty() && !shown.isEmpty()
              : !snapshot.instances().stream()
                  .map(ServiceInstance::id)
                  .toList()
                  .containsAll(shown.values().stream().map(ServiceInstance::id).toList());
      for (ServiceInstance instance : snapshot.instances()) {
        int n = instance.port() - 1;
        Lease lease = leases.get(n);
        if (lease != null && stays.contains(n)) {
          shown.put(n, instance);
        }
      }
    }

    private void settle() {
      store.mood = Mood.WELL;
      store.latency = Duration.ZERO;
      store.dropsHints = false;
      time.advance(ofMinutes(2));
    }

    private void checkConverged() {
      List<ServiceInstance> expected =
          leases.values().stream()
              .filter(lease -> lease.state() != Lease.State.WITHDRAWN)
              .map(
                  lease ->
                      lease.state() == Lease.State.DRAINING
                          ? lease.instance().asDraining()
                          : lease.instance())
              .sorted(java.util.Comparator.comparing(ServiceInstance::id))
              .toList();
      assertThat(registry.discover(owner, "orders").registered()).isEqualTo(expected);
      ServiceSnapshot last = heard.isEmpty() ? null : heard.get(heard.size() - 1);
      assertThat(requireNonNull(last).registered()).isEqualTo(expected);
      assertThat(last.isStale()).isFalse();
      assertThat(lost).as("a living instance was lost").isFalse();
    }

    private void checkNothingIsLeft() {
      owner.cancel();
      time.advance(ofSeconds(35));
      assertThat(time.pendingTimers()).isZero();
      assertThat(leases.values()).allMatch(lease -> lease.state() == Lease.State.WITHDRAWN);
    }

    private static ServiceInstance instance(int n) {
      return ServiceInstance.of("orders", "host", n + 1);
    }
  }
}
