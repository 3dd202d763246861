package dev.resilience.discovery.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.discovery.client.Traffic.Way;
import dev.resilience.discovery.registry.FlakyStore;
import dev.resilience.discovery.registry.FlakyStore.Mood;
import dev.resilience.discovery.registry.Lease;
import dev.resilience.discovery.registry.RegistryStore;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.discovery.registry.ServiceSnapshot;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Three instances under 200 calls a second, while one of them dies, or the registry is away. */
class OutageTest {

  private static final ServiceInstance A = ServiceInstance.of("orders", "a", 1);
  private static final ServiceInstance B = ServiceInstance.of("orders", "b", 1);
  private static final ServiceInstance C = ServiceInstance.of("orders", "c", 1);
  private static final List<ServiceInstance> ALL = List.of(A, B, C);
  private static final Duration LEASE = ofSeconds(30);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final FlakyStore store = new FlakyStore(time);
  private final CancellableContext life = Context.background(time).withCancel();
  private final Map<ServiceInstance, Machine> machines = new HashMap<>();
  private final Map<ServiceInstance, Lease> leases = new HashMap<>();
  private final ServiceRegistry registry = ServiceRegistry.builder(store).open(life);
  private final List<ServiceSnapshot> heard = new ArrayList<>();
  private final ServiceClient client;

  OutageTest() {
    for (ServiceInstance instance : ALL) {
      Machine machine = new Machine(store);
      machines.put(instance, machine);
      leases.put(
          instance,
          ServiceRegistry.builder(machine).leaseTime(LEASE).open(life).register(life, instance));
    }
    registry.watch(life, "orders", heard::add);
    client = ServiceClient.builder("orders", registry).open(life);
    time.advance(ofSeconds(1));
  }

  @AfterEach
  void end() {
    life.close();
    time.advance(ofSeconds(1));
  }

  private ServiceSnapshot known() {
    return client.explain().snapshot().orElseThrow();
  }

  @Nested
  class An_instance_that_is_killed {

    @ParameterizedTest
    @EnumSource
    void costs_no_caller_a_call_once_it_is_set_aside(Way way) {
      Traffic traffic = new Traffic(time, life, client, way);
      traffic.runs(ofSeconds(10));
      assertThat(traffic.attempts).containsOnlyKeys(ALL);
      assertThat(traffic.lost).isEmpty();

      machines.get(A).isDead = true;
      traffic.dead.add(A);
      Duration killed = time.elapsed();
      while (gets(A)) {
        traffic.runs(ofMillis(5));
      }
      Duration setAside = time.elapsed();
      assertThat(known().instances()).isEqualTo(ALL);
      while (known().instances().contains(A)) {
        traffic.runs(ofMillis(100));
      }

      // The last heartbeat was up to a third of the lease time before, a tenth more or less.
      assertThat(time.elapsed().minus(killed)).isBetween(ofSeconds(18), LEASE.plus(ofMillis(200)));
      int beforeItLeft = traffic.attempts.get(A);
      traffic.runs(ofMinutes(1));

      assertThat(traffic.lost).filteredOn(it -> it.at().compareTo(setAside) > 0).isEmpty();
      assertThat(traffic.attempts.get(A)).isEqualTo(beforeItLeft);
      assertThat(traffic.answered).isGreaterThan(17_000);
      assertThat(known().isStale()).isFalse();
    }

    private boolean gets(ServiceInstance instance) {
      return client.explain().instances().stream()
          .anyMatch(it -> it.instance().equals(instance) && it.isIn());
    }
  }

  @Nested
  class A_registry_that_is_away_for_a_minute {

    @ParameterizedTest
    @CsvSource({
      "REFUSING, false, SYNC",
      "REFUSING, true, ASYNC",
      "SILENT, false, ASYNC",
      "SILENT, true, SYNC"
    })
    void is_noticed_by_no_caller_and_gets_all_registrations_back(
        Mood mood, boolean forgets, Way way) throws Exception {
      Traffic traffic = new Traffic(time, life, client, way);
      traffic.runs(ofSeconds(10));

      store.mood = mood;
      traffic.runs(ofMinutes(1));

      assertThat(known().isStale()).isTrue();
      assertThat(known().age()).isBetween(ofMinutes(1), ofSeconds(95));
      assertThat(client.explain().toString()).containsPattern("stale answer, [67]\\d.* s old");
      assertThat(leases.values()).extracting(Lease::state).containsOnly(Lease.State.TRYING);

      store.mood = Mood.WELL;
      if (forgets) {
        store.forgetEverything();
      }
      traffic.runs(ofSeconds(30));

      assertThat(registry.discover(life, "orders").instances()).isEqualTo(ALL);
      assertThat(leases.values()).extracting(Lease::state).containsOnly(Lease.State.HELD);
      assertThat(known().isStale()).isFalse();
      assertThat(heard).allSatisfy(it -> assertThat(it.instances()).isEqualTo(ALL));
      assertThat(traffic.lost).isEmpty();
      assertThat(traffic.answered).isGreaterThan(19_000);
    }
  }

  /** Where an instance runs. Nothing leaves a dead one. */
  private static final class Machine implements RegistryStore {

    private final RegistryStore store;
    boolean isDead;

    Machine(RegistryStore store) {
      this.store = store;
    }

    @Override
    public CompletionStage<@Nullable Void> put(
        Context ctx, ServiceInstance instance, Duration lease) {
      return isDead ? new CompletableFuture<>() : store.put(ctx, instance, lease);
    }

    @Override
    public CompletionStage<@Nullable Void> remove(Context ctx, ServiceInstance instance) {
      return isDead ? new CompletableFuture<>() : store.remove(ctx, instance);
    }

    @Override
    public CompletionStage<List<ServiceInstance>> list(Context ctx, String service) {
      return store.list(ctx, service);
    }

    @Override
    public Registration onChange(String service, Runnable hint) {
      return store.onChange(service, hint);
    }
  }
}
