package dev.resilience.simulation;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Law 12 for whole stacks under many callers at once: nothing locks itself out, and no default
 * makes a healthy service fail. {@code -Dresilience.seed=17} plays one world, {@code
 * -Dresilience.schedules=100000} more of them.
 */
class StackWorldsTest {

  /** The callers of the last seconds decide whether a world has recovered. */
  private static final long LAST = ofSeconds(2).toNanos();

  /**
   * An adaptive limit that has seen few calls may take a burst for overload: in one world of some
   * thousands, and then for one call in so many.
   */
  private static final int TAKEN_FOR_OVERLOAD = 33;

  @Test
  void a_stack_lets_calls_through_again_after_any_trouble() {
    worlds(
        2_500,
        (seed, random) -> {
          Duration median = ofMillis(5 + random.nextInt(200));
          Duration longest = median.multipliedBy(3);
          Duration openFor = ofMillis(50 + random.nextInt(1_500));
          Duration until = ofMillis(500 + random.nextInt(1_500));
          // The circuit may have opened with the last failure, and its probes take their time.
          Duration length = until.plus(openFor.multipliedBy(3)).plus(longest.multipliedBy(6));
          Scenario world =
              Scenario.builder("trouble", "a service in trouble, and well again")
                  .service(
                      Service.builder("service")
                          .workers(10_000)
                          .latency(latency(median, random))
                          .fault(fault(random).between(ofMillis(200), until))
                          .build())
                  .load(
                      Load.builder(20 + random.nextInt(40))
                          .patience(longest.multipliedBy(2 + random.nextInt(4)))
                          .leaving(
                              random.nextInt(3) == 0 ? 0.3 : 0,
                              Latency.uniform(ofMillis(1), median))
                          .build())
                  .length(length.plusNanos(LAST))
                  .build();

          RunLog log = play(world, anyStack(random, longest, openFor), seed);

          // Hedges and time-outs may cost single calls; a lock-out costs all of them.
          assertThat(success(log, length.toNanos()))
              .as("answered at last in %s", world)
              .isGreaterThan(0.9);
        });
  }

  @Test
  void no_default_makes_a_healthy_service_fail() {
    worlds(
        2_500,
        (seed, random) -> {
          Duration median = ofMillis(1 + random.nextInt(250));
          Scenario world =
              Scenario.builder("healthy", "a healthy service")
                  .service(
                      Service.builder("service")
                          .workers(10_000)
                          .latency(latency(median, random))
                          .build())
                  .load(
                      Load.builder(10 + random.nextInt(90))
                          .patience(ofSeconds(3))
                          .leaving(
                              random.nextInt(3) == 0 ? 0.3 : 0,
                              Latency.uniform(ofMillis(1), median))
                          .build())
                  .length(ofSeconds(3))
                  .coldFor(random.nextInt(3) == 0 ? ofSeconds(1) : Duration.ZERO)
                  .build();

          boolean limits = random.nextBoolean();
          RunLog log = play(world, defaults(random, limits), seed);

          assertThat(log.calls())
              .as("in %s", world)
              .filteredOn(call -> call.caller().isPatient() && !call.isAnswered())
              .hasSizeLessThanOrEqualTo(limits ? log.calls().size() / TAKEN_FOR_OVERLOAD : 0);
          assertThat(log.circuits()).isEmpty();
          // The budget of the hedge: a fifth of the calls, one a second, and twenty at once.
          assertThat(log.requests().size() - log.calls().size())
              .as("further requests of %s calls", log.calls().size())
              .isLessThanOrEqualTo(log.calls().size() / 5 + 3 + 20);
        });
  }

  // ---- stacks, the outermost first, in the order of the page on composition

  private static Contender anyStack(RandomGenerator random, Duration longest, Duration openFor) {
    boolean retries = random.nextBoolean();
    boolean hedges = random.nextBoolean();
    boolean breaks = random.nextInt(4) != 0;
    int limits = random.nextInt(3);
    int cuts = random.nextInt(3);
    Duration floor = longest.dividedBy(1 + random.nextInt(20));
    int window = 1 + random.nextInt(30);
    int halfOpen = 1 + random.nextInt(3);
    int closeAfter = 1 + random.nextInt(3);
    int hedgeMillis = 1 + random.nextInt(200);
    return Contender.of(
        "any stack",
        setup -> {
          RetryBudget budget = RetryBudget.ofDefaults();
          List<ContextPolicy> policies = new ArrayList<>();
          if (retries) {
            policies.add(
                Retry.builder()
                    .backoff(Backoff.exponential(ofMillis(10), ofMillis(500)).withFullJitter())
                    .budget(budget)
                    .build());
          }
          if (hedges) {
            policies.add(Hedge.builder().delay(ofMillis(hedgeMillis)).sharedBudget(budget).build());
          }
          if (breaks) {
            policies.add(
                Breaker.builder(setup.service())
                    .window(window)
                    .openFor(openFor)
                    .halfOpenPermits(halfOpen)
                    .closeAfter(closeAfter)
                    .listener(setup.listener())
                    .build());
          }
          if (limits == 1) {
            policies.add(ConcurrencyLimit.builder(setup.service(), 200).maxWaiting(50).build());
          } else if (limits == 2) {
            policies.add(ConcurrencyLimit.adaptive(setup.service()).build());
          }
          if (cuts == 1) {
            policies.add(FixedTimeout.of(longest));
          } else if (cuts == 2) {
            policies.add(AdaptiveTimeout.builder(setup.service()).between(floor, longest).build());
          }
          return Resilience.of(policies.toArray(ContextPolicy[]::new));
        });
  }

  private static Contender defaults(RandomGenerator random, boolean limits) {
    boolean retries = random.nextBoolean();
    boolean hedges = random.nextBoolean();
    boolean breaks = random.nextInt(4) != 0;
    boolean cuts = random.nextBoolean();
    return Contender.of(
        "defaults",
        setup -> {
          List<ContextPolicy> policies = new ArrayList<>();
          if (retries) {
            policies.add(Retry.ofDefaults());
          }
          if (hedges) {
            policies.add(Hedge.ofDefaults());
          }
          if (breaks) {
            policies.add(Breaker.builder(setup.service()).listener(setup.listener()).build());
          }
          if (limits) {
            policies.add(ConcurrencyLimit.adaptive(setup.service()).build());
          }
          if (cuts) {
            policies.add(AdaptiveTimeout.ofDefaults(setup.service()));
          }
          return Resilience.of(policies.toArray(ContextPolicy[]::new));
        });
  }

  private static Latency latency(Duration median, RandomGenerator random) {
    return random.nextBoolean()
        ? Latency.constant(median)
        : Latency.uniform(median.dividedBy(2), median.multipliedBy(2));
  }

  private static Fault fault(RandomGenerator random) {
    return switch (random.nextInt(4)) {
      case 0 -> Fault.failing(1);
      case 1 -> Fault.unreachable();
      case 2 -> Fault.silent(1);
      default -> Fault.slower(20);
    };
  }

  // ---- worlds

  @FunctionalInterface
  private interface World {
    void check(long seed, RandomGenerator random);
  }

  private static void worlds(int usual, World world) {
    Long only = Long.getLong("resilience.seed");
    long first = only == null ? 0 : only;
    long count = only == null ? Integer.getInteger("resilience.schedules", usual) : 1;
    List<Long> failed = new ArrayList<>();
    Throwable firstFailure = null;
    for (long seed = first; seed < first + count; seed++) {
      try {
        world.check(seed, Traffic.random(seed, "world"));
      } catch (Throwable failure) {
        failed.add(seed);
        firstFailure = firstFailure == null ? failure : firstFailure;
      }
    }
    if (firstFailure != null) {
      throw new AssertionError("failed with -Dresilience.seed= each of " + failed, firstFailure);
    }
  }

  private static RunLog play(Scenario world, Contender stack, long seed) {
    RunLog log = Simulation.run(world, stack, seed);
    assertThat(log.contradictions()).isEmpty();
    return log;
  }

  private static double success(RunLog log, long since) {
    List<CallRecord> patient =
        log.calls().stream()
            .filter(call -> call.arrived() >= since && call.caller().isPatient())
            .toList();
    return patient.isEmpty()
        ? 1
        : patient.stream().filter(CallRecord::isAnswered).count() / (double) patient.size();
  }
}
