package dev.resilience.discovery.client;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.discovery.balance.Balancer;
import dev.resilience.discovery.balance.Candidate;
import dev.resilience.discovery.balance.CandidateFilter;
import dev.resilience.discovery.balance.FakeCandidate;
import dev.resilience.discovery.balance.FilterChoice;
import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.discovery.registry.ServiceRegistry;
import dev.resilience.error.NoInstanceException;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Filters of a user's own, among those that a client has. */
class FilterTest {

  private static final Key<String> VERSION = Key.of("version", String.class);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final ServiceRegistry registry = ServiceRegistry.inMemory(ctx);

  @AfterEach
  void end() {
    ctx.close();
  }

  private static Predicate<ServiceInstance> isOf(String version) {
    return instance -> version.equals(instance.metadata().get("version"));
  }

  private void register(String version, String zone, String... hosts) {
    for (String host : hosts) {
      registry.register(
          ctx,
          ServiceInstance.of("orders", host, 1).withMetadata("version", version).withZone(zone));
    }
  }

  private ServiceClient.Builder orders() {
    return ServiceClient.builder("orders", registry).balancer(Balancer.roundRobin());
  }

  private Map<String, Integer> callsOf(ServiceClient client, Context caller, int times) {
    Map<String, Integer> calls = new TreeMap<>();
    time.advance(ofSeconds(1));
    for (int i = 0; i < times; i++) {
      calls.merge(client.call(caller, (c, instance) -> instance.host()), 1, Integer::sum);
    }
    return calls;
  }

  @Test
  void keeps_those_that_match() {
    register("1", "", "a", "b");
    register("2", "", "c");
    ServiceClient client = orders().filter(CandidateFilter.only("version 2", isOf("2"))).open(ctx);
    assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("c", 10));
    assertThat(client.explain().filters()).containsExactly("ejection", "version 2");
    assertThat(client.explain().toString()).contains("orders@a:1: out, filtered by version 2");
  }

  @Test
  void where_none_matches_nobody_can_be_called() {
    register("1", "", "a");
    ServiceClient client =
        orders()
            .filter(CandidateFilter.only("version 2", isOf("2")))
            .perCall(Resilience.of())
            .open(ctx);
    time.advance(ofSeconds(1));
    assertThatExceptionOfType(NoInstanceException.class)
        .isThrownBy(() -> client.call(ctx, (c, i) -> 1))
        .withMessageContaining("filtered by version 2");
  }

  @Test
  void prefers_those_that_match_as_long_as_there_are_any() {
    register("1", "", "a");
    ServiceClient client =
        orders().filter(CandidateFilter.prefer("version 2", isOf("2"))).open(ctx);
    assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("a", 10));
    register("2", "", "c");
    assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("c", 10));
  }

  @Test
  void gives_a_canary_its_share() {
    register("1", "", "a", "b");
    register("2", "", "c");
    ServiceClient client =
        orders().filter(CandidateFilter.share("canary", 0.1, isOf("2"))).open(ctx);
    Map<String, Integer> calls = callsOf(client, ctx, 10_000);
    assertThat(calls.get("c")).isBetween(850, 1150);
    assertThat(calls.get("a")).isBetween(4_300, 4_650);
  }

  @Test
  void another_attempt_leaves_the_side_that_fails() throws IOException {
    register("1", "", "a");
    register("2", "", "c");
    ServiceClient client = orders().filter(CandidateFilter.share("canary", 1, isOf("2"))).open(ctx);
    time.advance(ofSeconds(1));
    time.start("caller", () -> client.call(ctx, (c, instance) -> failsUnlessA(instance)));
    time.advance(ofSeconds(1));
    assertThat(client.explain().instances()).allMatch(InstanceStatus::isIn);
  }

  private static String failsUnlessA(ServiceInstance instance) throws IOException {
    if (instance.host().equals("c")) {
      throw new IOException("broken");
    }
    return instance.host();
  }

  @Test
  void goes_by_the_call() {
    register("1", "", "a", "b");
    register("2", "", "c");
    ServiceClient client =
        orders()
            .filter(CandidateFilter.when("version", c -> "2".equals(c.get(VERSION)), isOf("2")))
            .open(ctx);
    assertThat(callsOf(client, ctx.withValue(VERSION, "2"), 10)).isEqualTo(Map.of("c", 10));
    assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("a", 5, "b", 5));
  }

  @Test
  void comes_before_the_zone_which_reckons_with_what_is_left() {
    register("1", "here", "a", "b");
    register("1", "there", "d", "e");
    register("2", "here", "c");
    register("2", "there", "f");
    ServiceClient client =
        orders()
            .zone(ZonePreference.of("here"))
            .filter(CandidateFilter.only("version 2", isOf("2")))
            .open(ctx);
    assertThat(callsOf(client, ctx, 100)).isEqualTo(Map.of("c", 100));
    assertThat(client.explain().filters()).containsExactly("ejection", "version 2", "zone here");
  }

  @Test
  void comes_first_on_request_so_that_ejection_reckons_with_what_is_left() {
    register("1", "", "a", "b", "d", "e");
    register("2", "", "c", "f");
    ServiceClient client =
        orders()
            .filterFirst(CandidateFilter.only("version 2", isOf("2")))
            .ejection(Ejection.builder().consecutiveFailures(1).build())
            .perCall(Resilience.of())
            .open(ctx);
    time.advance(ofSeconds(1));
    for (int i = 0; i < 10; i++) {
      try {
        client.call(
            ctx,
            (c, instance) -> {
              throw new IOException("broken");
            });
      } catch (IOException expected) {
        time.advance(ofSeconds(0).plusMillis(10));
      }
    }
    assertThat(client.instances(ctx)).hasSize(1);
    assertThat(client.explain().filters()).containsExactly("version 2", "ejection");
  }

  @Test
  void one_that_throws_keeps_all() {
    register("1", "", "a", "b");
    for (Throwable thrown : List.of(new IllegalStateException("mine"), new AssertionError())) {
      ServiceClient client =
          orders()
              .filter(
                  new CandidateFilter() {
                    @Override
                    public String name() {
                      return "broken";
                    }

                    @Override
                    public FilterChoice choose(List<Candidate> candidates) {
                      if (thrown instanceof Error error) {
                        throw error;
                      }
                      throw (RuntimeException) thrown;
                    }
                  })
              .open(ctx);
      assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("a", 5, "b", 5));
    }
  }

  @Test
  void what_it_chooses_of_others_does_not_count() {
    register("1", "", "a", "b");
    ServiceClient other = orders().open(ctx);
    time.advance(ofSeconds(1));
    List<Candidate> foreign = List.of(new FakeCandidate(7, 1));
    ServiceClient client =
        orders()
            .filter(
                new CandidateFilter() {
                  @Override
                  public String name() {
                    return "foreign";
                  }

                  @Override
                  public FilterChoice choose(List<Candidate> candidates) {
                    return FilterChoice.split(foreign, c -> true);
                  }
                })
            .open(ctx);
    assertThat(callsOf(client, ctx, 10)).isEqualTo(Map.of("a", 5, "b", 5));
    assertThat(other.instances(ctx)).hasSize(2);
  }
}
