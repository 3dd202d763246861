package dev.resilience.discovery.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.policy.Verdict.Evidence;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutcomesTest {

  private final Ejection limits = Ejection.ofDefaults();
  private final Outcomes outcomes = new Outcomes();

  @Test
  void agree_with_a_plain_model() {
    Schedules.check(
        2_000,
        (seed, random) -> {
          Ejection drawn =
              Ejection.builder()
                  .consecutiveFailures(1 + random.nextInt(31))
                  .failures(1 + random.nextInt(20))
                  .build();
          Outcomes tested = new Outcomes();
          List<Boolean> failures = new ArrayList<>();
          double share = random.nextDouble();
          for (int i = 0; i < 100; i++) {
            boolean fails = random.nextDouble() < share;
            failures.add(fails);
            assertThat(tested.add(fails ? Evidence.FAILURE : Evidence.SUCCESS, 0, drawn))
                .isEqualTo(fails && isTooMuch(failures, drawn));
          }
        });
  }

  private static boolean isTooMuch(List<Boolean> failures, Ejection limits) {
    int inARow = 0;
    for (int i = failures.size() - 1; i >= 0 && failures.get(i); i--) {
      inARow++;
    }
    long recent =
        failures.subList(Math.max(0, failures.size() - Ejection.WINDOW), failures.size()).stream()
            .filter(fails -> fails)
            .count();
    return inARow >= limits.consecutiveFailures() || recent >= limits.failures();
  }

  @Test
  void do_not_change_by_what_is_no_evidence() {
    for (int i = 0; i < 4; i++) {
      outcomes.add(Evidence.FAILURE, 0, limits);
      outcomes.add(Evidence.NONE, 0, limits);
    }
    assertThat(outcomes.add(Evidence.FAILURE, 0, limits)).isTrue();
  }

  @Test
  void do_not_change_by_results_of_an_earlier_term() {
    outcomes.newTerm(false, limits);
    assertThat(outcomes.term()).isEqualTo(1);
    for (int i = 0; i < 40; i++) {
      assertThat(outcomes.add(Evidence.FAILURE, 0, limits)).isFalse();
    }
    assertThat(outcomes.add(Evidence.FAILURE, 1, limits)).isFalse();
  }

  @Test
  void on_probation_one_failure_is_too_much_and_one_success_is_enough() {
    outcomes.newTerm(true, limits);
    assertThat(outcomes.add(Evidence.FAILURE, 1, limits)).isTrue();

    outcomes.newTerm(true, limits);
    outcomes.add(Evidence.SUCCESS, 2, limits);
    assertThat(outcomes.add(Evidence.FAILURE, 2, limits)).isFalse();
  }
}
