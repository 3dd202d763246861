package dev.resilience.simulation;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.error.CircuitOpenException;
import dev.resilience.simulation.CallRecord.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SimulationTest {

  private final Service.Builder orders =
      Service.builder("orders").workers(4).queue(8).latency(Latency.constant(ofMillis(40)));

  @ParameterizedTest
  @MethodSource("dev.resilience.simulation.Scenarios#all")
  void the_same_seed_tells_the_same_story(Scenario scenario) {
    RunLog first = Simulation.run(scenario, Contender.nothing(), 7);

    assertThat(first.contradictions()).isEmpty();
    assertThat(Simulation.run(scenario, Contender.nothing(), 7)).isEqualTo(first);
    assertThat(Simulation.run(scenario, Contender.nothing(), 8).requests())
        .isNotEqualTo(first.requests());
  }

  @Test
  void all_contenders_have_the_same_callers() {
    Contender refuser = client((ctx, exchange) -> CompletableFuture.failedFuture(refusal()));

    assertThat(Simulation.run(Scenarios.C, refuser, 3).calls())
        .extracting(CallRecord::caller)
        .containsExactlyInAnyOrderElementsOf(
            Simulation.run(Scenarios.C, Contender.nothing(), 3).calls().stream()
                .map(CallRecord::caller)
                .toList());
  }

  @Test
  void a_call_that_never_ends_is_an_error() {
    assertThatThrownBy(
            () ->
                Simulation.run(
                    Scenarios.A, client((ctx, exchange) -> new CompletableFuture<>()), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("never ended in A");
  }

  @Nested
  class Callers {

    @Test
    void comes_at_its_rate_and_at_that_of_a_surge() {
      Scenario scenario =
          scenario(orders.build(), Load.builder(100).surge(ofSeconds(20), ofSeconds(40), 500));

      var calls = Simulation.run(scenario, Contender.nothing(), 1).calls();

      assertThat(calls.stream().filter(c -> c.arrived() < 20e9).count())
          .isCloseTo(2_000, within(150L));
      assertThat(calls.stream().filter(c -> c.arrived() >= 20e9).count())
          .isCloseTo(10_000 + 2_000, within(400L));
    }

    @Test
    void leaves_when_it_said_so() {
      Scenario scenario =
          scenario(orders.build(), Load.builder(20).leaving(0.3, Latency.constant(ofMillis(10))));

      RunLog log = Simulation.run(scenario, Contender.nothing(), 1);

      assertThat(log.calls())
          .allSatisfy(
              call -> {
                assertThat(call.outcome())
                    .isEqualTo(call.caller().isPatient() ? Outcome.ANSWERED : Outcome.LEFT);
                if (!call.caller().isPatient()) {
                  assertThat(call.took()).isEqualTo(ofMillis(10).toNanos());
                }
              });
      double left = log.calls().stream().filter(c -> !c.caller().isPatient()).count();
      assertThat(left / log.calls().size()).isCloseTo(0.3, within(0.05));
      // The service knows nothing of it, and works for nobody.
      assertThat(log.figures().wastedWork()).isEqualTo(ofMillis(40).multipliedBy((long) left));
      assertThat(log.figures().patientSuccess()).isEqualTo(1);
    }
  }

  @Nested
  class A_service {

    @Test
    void does_as_much_as_its_workers_can() {
      // 4 workers, 40 ms each: 100 a second, whatever comes.
      RunLog log =
          Simulation.run(
              scenario(orders.build(), Load.builder(300).patience(ofSeconds(5))),
              Contender.nothing(),
              1);

      assertThat(log.requests().stream().filter(r -> r.status() == 200).count())
          .isCloseTo(6_000, within(20L));
      // A full queue is eight requests, two rounds: 80 ms and its own 40; the others hear at once.
      assertThat(log.calls())
          .allSatisfy(call -> assertThat(call.took()).isLessThanOrEqualTo(121_000_000L));
      assertThat(log.calls().stream().filter(c -> c.outcome() == Outcome.FAILED))
          .allSatisfy(call -> assertThat(call.took()).isEqualTo(1_000_000L));
    }

    @Test
    void is_slower_fails_is_unreachable_and_silent_when_it_was_told_to() {
      Service service =
          orders
              .fault(Fault.slower(3).between(ofSeconds(10), ofSeconds(20)))
              .fault(Fault.failing(1).between(ofSeconds(20), ofSeconds(30)))
              .fault(Fault.unreachable().between(ofSeconds(30), ofSeconds(40)))
              .fault(Fault.silent(1).between(ofSeconds(40), ofSeconds(50)))
              .build();

      RunLog log =
          Simulation.run(
              scenario(service, Load.builder(5).patience(ofMillis(500))), Contender.nothing(), 1);

      assertThat(log.calls())
          .allSatisfy(
              call -> {
                int second = (int) (call.arrived() / 1_000_000_000L);
                Duration took = Duration.ofNanos(call.took());
                if (second % 10 == 0 || second % 10 == 9) {
                  return; // between two faults
                }
                switch (second / 10) {
                  case 1 -> assertThat(took).isEqualTo(ofMillis(121));
                  case 2 -> assertThat(call.outcome()).isEqualTo(Outcome.FAILED);
                  case 3 -> assertThat(took).isEqualTo(ofMillis(1));
                  case 4 -> assertThat(call.outcome()).isEqualTo(Outcome.EXPIRED);
                  default -> assertThat(took).isEqualTo(ofMillis(41));
                }
              });
    }

    @Test
    void works_for_those_who_have_gone_unless_it_is_told() {
      Scenario overload =
          scenario(orders.queue(64).build(), Load.builder(150).patience(ofMillis(300)));

      Figures untold = Simulation.run(overload, Contender.nothing(), 1).figures();
      Figures told =
          Simulation.run(overload, Contender.nothing().tellingTimeLeft(false), 1).figures();
      Figures refusing =
          Simulation.run(overload, Contender.nothing().tellingTimeLeft(true), 1).figures();

      assertThat(untold.patientSuccess()).isLessThan(0.1);
      // A queue of deadlines is pinned at expiry: work begins just in time to be late.
      assertThat(told.wastedWork()).isGreaterThan(ofSeconds(100));
      // One of ten is let through all the same, to learn whether it would still be in vain.
      assertThat(refusing.wastedWork()).isBetween(ofSeconds(10), ofSeconds(15));
      assertThat(refusing.patientSuccess()).isCloseTo(0.61, within(0.02));
    }

    /** What it refuses teaches it nothing, so it would go by what was once usual for ever. */
    @Test
    void serves_again_after_it_was_too_slow_for_everybody() {
      Scenario slowed =
          scenario(
              orders.fault(Fault.slower(20).between(ofSeconds(1), ofSeconds(25))).build(),
              Load.builder(20).patience(ofMillis(300)));

      RunLog run = Simulation.run(slowed, Contender.nothing().tellingTimeLeft(true), 1);

      assertThat(run.calls().stream().filter(call -> call.arrived() > ofSeconds(40).toNanos()))
          .isNotEmpty()
          .allMatch(call -> call.outcome() == CallRecord.Outcome.ANSWERED);
    }

    @Test
    void of_several_instances_takes_its_turn() {
      Scenario two = scenario(orders.instances(2).build(), Load.builder(20));

      assertThat(
              Simulation.run(two, Contender.nothing(), 1).requests().stream()
                  .mapToInt(RequestRecord::instance)
                  .average())
          .hasValueCloseTo(0.5, within(0.01));
    }
  }

  @Nested
  class A_chain {

    private final Service fast = orders.workers(100).build();

    private final Scenario chain =
        Scenario.builder("chain", "two")
            .service(fast)
            .service(
                Service.builder("stock")
                    .workers(100)
                    .latency(Latency.constant(ofMillis(40)))
                    .fault(Fault.failing(1).between(ofSeconds(5), ofSeconds(8)))
                    .build())
            .load(Load.builder(20).build())
            .build();

    @Test
    void is_called_one_after_the_other_and_hears_of_failures() {
      RunLog log = Simulation.run(chain, Contender.nothing(), 1);

      assertThat(log.calls())
          .allSatisfy(call -> assertThat(call.took()).isEqualTo(ofMillis(82).toNanos()));
      assertThat(log.figures().amplification()).isEqualTo(1);
      assertThat(log.figures().patientSuccess()).isCloseTo(0.7, within(0.06));
    }
  }

  @Nested
  class The_figures {

    @Test
    void a_service_that_comes_back_at_once_has_recovered() {
      Figures figures = Simulation.run(Scenarios.D1, Contender.nothing(), 1).figures();

      assertThat(figures.recovery()).isLessThan(ofMillis(200));
      assertThat(figures.patientSuccess()).isCloseTo(2 / 3d, within(0.02));
      assertThat(figures.failedKnow()).isCloseTo(ofMillis(61), ofMillis(5));
      assertThat(figures.wastedWork()).isZero();
    }

    @Test
    void a_client_that_gives_up_for_good_has_not() {
      Contender quitter =
          new Contender() {
            @Override
            public String name() {
              return "quitter";
            }

            @Override
            public Client open(ClientSetup setup) {
              boolean[] broken = {false};
              return (ctx, exchange) ->
                  broken[0]
                      ? CompletableFuture.failedFuture(refusal())
                      : exchange
                          .send(ctx)
                          .whenComplete((reply, failure) -> broken[0] |= failure != null);
            }
          };

      Figures figures = Simulation.run(Scenarios.D1, quitter, 1).figures();

      assertThat(figures.recovery()).isEqualTo(Duration.ofMinutes(1));
      assertThat(figures.refusedKnow()).isZero();
    }
  }

  private static Contender client(Client client) {
    return new Contender() {
      @Override
      public String name() {
        return "client";
      }

      @Override
      public Client open(ClientSetup setup) {
        return client;
      }
    };
  }

  private static CircuitOpenException refusal() {
    return new CircuitOpenException("test");
  }

  private static Scenario scenario(Service service, Load.Builder load) {
    return Scenario.builder("test", "test")
        .service(service)
        .load(load.build())
        .length(ofSeconds(60))
        .build();
  }
}
