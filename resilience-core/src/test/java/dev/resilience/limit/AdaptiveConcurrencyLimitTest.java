package dev.resilience.limit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * The adaptive limit before a simulated service of 16 workers that answers in 60 ms. What is asked
 * of it holds for the mean over several seeds.
 */
class AdaptiveConcurrencyLimitTest {

  private static final int SEEDS = 10;

  private static ConcurrencyLimit.AdaptiveBuilder limit() {
    return ConcurrencyLimit.adaptive("service");
  }

  private static double mean(Consumer<Overload> scenario, ToDoubleFunction<Overload> figure) {
    return mean(scenario, limit(), figure);
  }

  private static double mean(
      Consumer<Overload> scenario,
      ConcurrencyLimit.AdaptiveBuilder limit,
      ToDoubleFunction<Overload> figure) {
    double sum = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Overload overload = new Overload(seed);
      scenario.accept(overload);
      sum += figure.applyAsDouble(overload.play(limit.build()));
    }
    return sum / SEEDS;
  }

  @Nested
  class Before_a_healthy_service {

    @Test
    void refuses_nobody() {
      assertThat(mean(overload -> overload.load = 0.6, overload -> overload.rejected)).isZero();
    }

    @Test
    void refuses_nobody_where_durations_vary_widely() {
      Consumer<Overload> scenario =
          overload -> {
            overload.median = 0.005;
            overload.sigma = 0.8;
            overload.patience = 0.3;
          };
      assertThat(mean(scenario, Overload::refusedShare)).isLessThan(0.001);
    }

    @Test
    void is_not_deceived_by_callers_who_leave() {
      assertThat(mean(overload -> overload.leaving = 0.3, overload -> overload.rejected)).isZero();
    }

    @Test
    void lets_calls_through_that_have_become_twice_as_long() {
      Consumer<Overload> scenario =
          overload -> {
            overload.workers = 1_000;
            overload.load = 0.01;
            overload.slowFrom = 4;
            overload.slower = 2;
          };
      // A few are refused while the limit asks whether fewer at once are quicker.
      assertThat(mean(scenario, Overload::success)).isGreaterThan(0.97);
      assertThat(mean(scenario, Overload::lastSecondSuccess)).isGreaterThan(0.99);
    }
  }

  @Nested
  class Under_overload {

    @Test
    void gets_out_of_a_sixfold_slowdown_what_can_be_got() {
      Consumer<Overload> slowdown =
          overload -> {
            overload.load = 0.75;
            overload.slowFrom = 4;
            overload.slowUntil = 8;
            overload.slower = 6;
          };
      // Of the calls of those four seconds 22 % can be served: 0.74 of all.
      assertThat(mean(slowdown, Overload::success)).isGreaterThan(0.69);
    }

    @Test
    void serves_as_many_as_can_be_served_and_wastes_nothing() {
      Consumer<Overload> surge =
          overload -> {
            overload.load = 0.75;
            overload.surgeFrom = 4;
            overload.surgeUntil = 8;
            overload.surge = 1.3 / 0.75;
          };
      // Of all calls 89 % can be served while they come, the rest of the queue a little later.
      assertThat(mean(surge, Overload::success)).isGreaterThan(0.89);
      assertThat(mean(surge, overload -> overload.wasted)).isLessThan(1);
    }

    @Test
    void is_itself_again_after_a_flood() {
      Consumer<Overload> flood =
          overload -> {
            overload.surgeFrom = 4;
            overload.surgeUntil = 6;
            overload.surge = 5;
            overload.length = 8;
          };
      assertThat(mean(flood, Overload::lastSecondSuccess)).isGreaterThan(0.99);
    }

    @Test
    void serves_the_critical_calls() {
      Consumer<Overload> overloaded =
          overload -> {
            overload.load = 1.3;
            overload.critical = 0.3;
          };
      assertThat(mean(overloaded, Overload::criticalSuccess)).isGreaterThan(0.99);
      assertThat(mean(overloaded, Overload::success)).isGreaterThan(0.75);
    }

    @Test
    void lets_no_tenant_starve_the_others() {
      Map<String, Double> shares = new HashMap<>();
      for (String modest : List.of("a", "b", "c", "d", "e")) {
        shares.put(modest, 0.1);
      }
      shares.put("greedy", 1.0);
      Consumer<Overload> overloaded =
          overload -> {
            overload.load = 0.8;
            overload.shares = shares;
          };
      assertThat(mean(overloaded, limit().fairBetween(Overload.TENANT), o -> o.successOf("a")))
          .isGreaterThan(0.98);
      assertThat(mean(overloaded, limit(), o -> o.successOf("a")))
          .as("without fairness")
          .isLessThan(0.95);
    }
  }

  @Nested
  class By_hand {

    private final VirtualTime.Manual time = VirtualTime.manual();
    private final Context root = Context.background(time);

    /** So many calls at once, again and again. */
    private void calls(ConcurrencyLimit limit, int rounds, int atOnce, Duration each) {
      Resilience stack = Resilience.of(limit);
      for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < atOnce; i++) {
          stack.callAsync(root, c -> c.delay(each));
        }
        time.advance(each);
      }
    }

    @Test
    void grows_only_while_it_is_used() {
      ConcurrencyLimit limit = limit().build();
      calls(limit, 200, 3, ofMillis(10));
      assertThat(limit.limit()).isEqualTo(10);
      calls(limit, 200, 30, ofMillis(10));
      assertThat(limit.limit()).isBetween(30, 61);
    }

    @Test
    void shrinks_slowly_when_it_is_not_used() {
      ConcurrencyLimit limit = limit().build();
      calls(limit, 100, 60, ofMillis(10));
      assertThat(limit.limit()).isGreaterThanOrEqualTo(60);
      calls(limit, 600, 3, ofMillis(10));
      assertThat(limit.limit()).isEqualTo(10);
    }

    @Test
    void forgets_while_no_calls_come() {
      ConcurrencyLimit limit = limit().build();
      calls(limit, 100, 60, ofMillis(10));
      time.advance(Duration.ofMinutes(5));
      calls(limit, 1, 1, ofMillis(10));
      assertThat(limit.limit()).isEqualTo(10);
    }

    @Test
    void stays_between_floor_and_ceiling() {
      ConcurrencyLimit limit = limit().between(5, 20).startingAt(50).build();
      assertThat(limit.limit()).isEqualTo(20);
      calls(limit, 100, 100, ofMillis(10));
      assertThat(limit.limit()).isEqualTo(20);
    }

    @Test
    void tells_its_size() {
      List<PolicyEvent> events = new ArrayList<>();
      ConcurrencyLimit limit = limit().maxWaiting(0).listener(events::add).build();
      calls(limit, 50, 14, ofMillis(10));
      assertThat(events)
          .filteredOn(PolicyEvent.ConcurrencyLimitChanged.class::isInstance)
          .first()
          .isEqualTo(new PolicyEvent.ConcurrencyLimitChanged("service", 10, 11));
      assertThat(limit.snapshot().limit()).isEqualTo(limit.limit());
      assertThat(limit.snapshot().baseline()).isEqualTo(ofMillis(10));
      assertThat(limit).hasToString("service (adaptive, now " + limit.limit() + " at once)");
    }

    @Test
    void refuses_a_second_clock() {
      ConcurrencyLimit limit = limit().build();
      calls(limit, 1, 1, ofMillis(10));
      assertThatThrownBy(
              () -> Resilience.of(limit).run(Context.background(VirtualTime.manual()), c -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("service");
    }

    @Test
    void learns_from_permits_taken_by_hand() {
      ConcurrencyLimit limit = limit().build();
      for (int i = 0; i < 100; i++) {
        List<Permit> permits = new ArrayList<>();
        while (permits.size() < limit.limit()) {
          limit.tryAcquire(root).ifPresent(permits::add);
        }
        time.advance(ofMillis(10));
        permits.forEach(Permit::close);
      }
      assertThat(limit.limit()).isEqualTo(1_000);
      assertThat(limit.snapshot().inUse()).isZero();
    }

    @Test
    void learns_nothing_from_ignored_permits() {
      ConcurrencyLimit limit = limit().build();
      for (int i = 0; i < 100; i++) {
        Permit permit = limit.tryAcquire(root).orElseThrow();
        time.advance(ofSeconds(1));
        permit.ignore();
        permit.close();
      }
      assertThat(limit.snapshot().baseline()).isZero();
      assertThat(limit.snapshot().inUse()).isZero();
    }

    @Test
    void refuses_bad_settings() {
      assertThatThrownBy(() -> limit().startingAt(0)).hasMessage("permits: 0 (expected: >= 1)");
      assertThatThrownBy(() -> limit().between(0, 5)).hasMessage("floor: 0 (expected: >= 1)");
      assertThatThrownBy(() -> limit().between(5, 4))
          .hasMessage("ceiling: 4 (expected: >= 5, the floor)");
    }
  }
}
