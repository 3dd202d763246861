package dev.resilience.policy;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.Schedules;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetryBudgetTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context ctx = Context.background(time);

  private int takeAll(RetryBudget budget) {
    int taken = 0;
    while (taken < 1000 && budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)) {
      taken++;
    }
    return taken;
  }

  @Nested
  class The_bucket {

    @Test
    void is_full_at_first_and_empties() {
      var budget = RetryBudget.ofDefaults();

      assertThat(budget.available()).isEqualTo(20);
      assertThat(takeAll(budget)).isEqualTo(20);
      assertThat(budget.available()).isZero();
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();
    }

    @Test
    void gets_a_share_of_a_token_for_each_success() {
      var budget = RetryBudget.builder().ratio(0.25).minimumPerSecond(0).build();
      takeAll(budget);
      for (int call = 0; call < 3; call++) {
        budget.recordSuccess();
      }
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();

      budget.recordSuccess();

      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isTrue();
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();
    }

    @Test
    void takes_no_deposit_when_it_is_full() {
      var budget = RetryBudget.builder().burst(3).build();
      for (int call = 0; call < 1000; call++) {
        budget.recordSuccess();
      }

      assertThat(budget.available()).isEqualTo(3);
    }

    @Test
    void gets_the_minimum_rate_as_time_passes_and_no_more_than_it_holds() {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(2).burst(5).build();
      takeAll(budget);

      time.advance(ofMillis(499));
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();
      time.advance(ofMillis(1));
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isTrue();
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();
      time.advance(java.time.Duration.ofHours(1));
      assertThat(takeAll(budget)).isEqualTo(5);
    }

    @Test
    void earns_nothing_for_the_time_before_it_was_first_asked() {
      var budget = RetryBudget.builder().ratio(0).burst(2).build();
      time.advance(ofSeconds(100));

      assertThat(takeAll(budget)).isEqualTo(2);
    }

    @Test
    void takes_back_what_was_not_used() {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
      budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE);
      budget.giveBack(RetryBudget.Reason.FAILURE);

      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isTrue();
      budget.giveBack(RetryBudget.Reason.FAILURE);
      budget.giveBack(RetryBudget.Reason.FAILURE);
      assertThat(budget.available()).isEqualTo(1);
    }

    @Test
    void keeps_to_its_bound_over_any_program() {
      Schedules.check(
          2_000,
          (seed, random) -> {
            var clock = VirtualTime.manual(seed);
            var caller = Context.background(clock);
            double ratio = random.nextInt(10) / 10.0;
            int perSecond = random.nextInt(5);
            int burst = 1 + random.nextInt(10);
            var budget =
                RetryBudget.builder().ratio(ratio).minimumPerSecond(perSecond).burst(burst).build();
            int calls = 0;
            int taken = 0;
            for (int step = 0; step < 100; step++) {
              switch (random.nextInt(3)) {
                case 0 -> {
                  budget.recordSuccess();
                  calls++;
                }
                case 1 -> taken += budget.tryAcquire(caller, RetryBudget.Reason.FAILURE) ? 1 : 0;
                default -> clock.advance(ofMillis(random.nextInt(300)));
              }
              double seconds = clock.elapsed().toMillis() / 1000.0;
              assertThat((double) taken)
                  .isLessThanOrEqualTo(burst + ratio * calls + perSecond * seconds + 1e-6);
            }
          });
    }

    @Test
    void neither_loses_nor_makes_a_token_under_many_threads() throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1000).build();
      var taken = new AtomicInteger();
      var start = new CountDownLatch(1);
      var threads = new ArrayList<Thread>();
      for (int t = 0; t < 4; t++) {
        threads.add(
            new Thread(
                () -> {
                  try {
                    start.await();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  for (int i = 0; i < 600; i++) {
                    if (budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)) {
                      taken.incrementAndGet();
                      if (i % 3 == 0) {
                        taken.decrementAndGet();
                        budget.giveBack(RetryBudget.Reason.FAILURE);
                      }
                    }
                  }
                }));
      }
      threads.forEach(Thread::start);
      start.countDown();
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(taken.get() + budget.available()).isEqualTo(1000);
    }
  }

  @Nested
  class The_price {

    @Test
    void after_a_sign_of_overload_is_higher_than_after_a_plain_failure() {
      var budget = RetryBudget.builder().minimumPerSecond(0).burst(28).build();

      int dear = 0;
      while (budget.tryAcquire(ctx, RetryBudget.Reason.OVERLOAD)) {
        dear++;
      }

      assertThat(dear).isEqualTo(10);
      assertThat(takeAll(budget)).isZero();
    }

    @Test
    void is_given_back_as_it_was_paid() {
      var budget = RetryBudget.builder().overloadCost(5).build();
      budget.tryAcquire(ctx, RetryBudget.Reason.OVERLOAD);
      assertThat(budget.available()).isEqualTo(15);

      budget.giveBack(RetryBudget.Reason.OVERLOAD);

      assertThat(budget.available()).isEqualTo(20);
    }

    @Test
    void empties_a_bucket_that_is_smaller() {
      var budget = RetryBudget.builder().minimumPerSecond(0).burst(1).build();

      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.OVERLOAD)).isTrue();
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.OVERLOAD)).isFalse();
    }
  }

  @Nested
  class The_reserve {

    private final RetryBudget budget = RetryBudget.builder().minimumPerSecond(0).build();

    @Test
    void is_left_by_hedges_to_retries() {
      int hedges = 0;
      while (budget.tryAcquire(ctx, RetryBudget.Reason.HEDGE)) {
        hedges++;
      }

      assertThat(hedges).isEqualTo(10);
      assertThat(takeAll(budget)).isEqualTo(10);
    }

    @ParameterizedTest
    @EnumSource(
        value = Criticality.class,
        names = {"SHEDDABLE", "SHEDDABLE_PLUS"})
    void is_left_by_what_is_sheddable(Criticality criticality) {
      int taken = 0;
      while (budget.tryAcquire(criticality.in(ctx), RetryBudget.Reason.FAILURE)) {
        taken++;
      }

      assertThat(taken).isEqualTo(10);
      assertThat(budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isTrue();
    }

    @Test
    void of_a_full_bucket_is_never_too_large_for_one_attempt() {
      var smallest = RetryBudget.builder().burst(1).build();

      assertThat(smallest.tryAcquire(ctx, RetryBudget.Reason.HEDGE)).isTrue();
    }
  }

  @Nested
  class While_a_concurrency_limit_shrinks {

    private final RetryBudget budget = RetryBudget.ofDefaults();

    private boolean isAllowed() {
      return budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE);
    }

    @Test
    void nothing_is_allowed_until_it_grows() {
      budget.limitChanged(20, 10);
      assertThat(isAllowed()).isFalse();
      assertThat(budget.isUnderPressure(ctx)).isTrue();

      budget.limitChanged(10, 11);
      assertThat(isAllowed()).isTrue();
    }

    @Test
    void it_counts_for_a_second_and_no_longer() {
      budget.limitChanged(20, 10);
      assertThat(isAllowed()).isFalse();
      time.advance(ofMillis(999));
      assertThat(isAllowed()).isFalse();
      time.advance(ofMillis(1));
      assertThat(isAllowed()).isTrue();
    }

    @Test
    void small_steps_add_up() {
      budget.limitChanged(100, 95);
      assertThat(isAllowed()).as("hovering is not shrinking").isTrue();
      budget.limitChanged(95, 51);
      assertThat(isAllowed()).isTrue();
      budget.limitChanged(51, 50);
      assertThat(isAllowed()).isFalse();
    }

    @Test
    void an_unlimited_budget_allows_nothing_either() {
      var unlimited = RetryBudget.unlimited();
      unlimited.limitChanged(20, 10);

      assertThat(unlimited.tryAcquire(ctx, RetryBudget.Reason.FAILURE)).isFalse();
    }
  }

  @Test
  void without_limit_it_refuses_nothing() {
    var budget = RetryBudget.unlimited();

    assertThat(takeAll(budget)).isEqualTo(1000);
    budget.recordSuccess();
    budget.giveBack(RetryBudget.Reason.FAILURE);
    assertThat(budget.available()).isInfinite();
    assertThat(budget).hasToString("no retry budget");
  }

  @Test
  void two_time_sources_are_refused() {
    var budget = RetryBudget.ratio(0.1);
    budget.tryAcquire(ctx, RetryBudget.Reason.FAILURE);

    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                budget.tryAcquire(
                    Context.background(VirtualTime.manual()), RetryBudget.Reason.FAILURE))
        .withMessageStartingWith("ctx: a context on ")
        .withMessageContaining("on which this retry budget measures already");
  }

  @Test
  void bad_input_is_refused_with_what_was_expected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.ratio(-0.1))
        .withMessage("ratio: -0.1 (expected: 0 to 1000)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.builder().ratio(Double.NaN))
        .withMessage("ratio: NaN (expected: 0 to 1000)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.builder().minimumPerSecond(-1))
        .withMessage("minimumPerSecond: -1.0 (expected: 0 to 1000000)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.builder().burst(0))
        .withMessage("burst: 0 (expected: 1 to 1000000)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RetryBudget.builder().overloadCost(0.9))
        .withMessage("overloadCost: 0.9 (expected: 1 to 1000)");
  }

  @Test
  void the_ends_of_the_ranges_are_taken() {
    var least = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
    assertThat(least).hasToString("retry budget of 0.0 per success, at least 0.0 per s, 1 at once");
    var most =
        RetryBudget.builder().ratio(1000).minimumPerSecond(1_000_000).burst(1_000_000).build();
    assertThat(most)
        .hasToString(
            "retry budget of 1000.0 per success, at least 1000000.0 per s, 1000000 at once");
    most.tryAcquire(ctx, RetryBudget.Reason.FAILURE);
    most.recordSuccess();
    assertThat(most.available()).isEqualTo(1_000_000);
  }

  @Test
  void tells_what_it_allows() {
    assertThat(RetryBudget.ofDefaults())
        .hasToString("retry budget of 0.2 per success, at least 1.0 per s, 20 at once");
  }
}
