package dev.resilience.policy;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.resilience.Schedules;
import dev.resilience.context.Context;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context ctx = Context.background(time);

  private int takeAll(RetryBudget budget) {
    int taken = 0;
    while (taken < 1000 && budget.tryAcquire(ctx)) {
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
      assertThat(budget.tryAcquire(ctx)).isFalse();
    }

    @Test
    void gets_a_share_of_a_token_for_each_call() {
      var budget = RetryBudget.builder().ratio(0.25).minimumPerSecond(0).build();
      takeAll(budget);
      for (int call = 0; call < 3; call++) {
        budget.recordCall();
      }
      assertThat(budget.tryAcquire(ctx)).isFalse();

      budget.recordCall();

      assertThat(budget.tryAcquire(ctx)).isTrue();
      assertThat(budget.tryAcquire(ctx)).isFalse();
    }

    @Test
    void takes_no_deposit_when_it_is_full() {
      var budget = RetryBudget.builder().burst(3).build();
      for (int call = 0; call < 1000; call++) {
        budget.recordCall();
      }

      assertThat(budget.available()).isEqualTo(3);
    }

    @Test
    void gets_the_minimum_rate_as_time_passes_and_no_more_than_it_holds() {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(2).burst(5).build();
      takeAll(budget);

      time.advance(ofMillis(499));
      assertThat(budget.tryAcquire(ctx)).isFalse();
      time.advance(ofMillis(1));
      assertThat(budget.tryAcquire(ctx)).isTrue();
      assertThat(budget.tryAcquire(ctx)).isFalse();
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
      budget.tryAcquire(ctx);
      budget.giveBack();

      assertThat(budget.tryAcquire(ctx)).isTrue();
      budget.giveBack();
      budget.giveBack();
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
                  budget.recordCall();
                  calls++;
                }
                case 1 -> taken += budget.tryAcquire(caller) ? 1 : 0;
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
                    if (budget.tryAcquire(ctx)) {
                      taken.incrementAndGet();
                      if (i % 3 == 0) {
                        taken.decrementAndGet();
                        budget.giveBack();
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

  @Test
  void without_limit_it_refuses_nothing() {
    var budget = RetryBudget.unlimited();

    assertThat(takeAll(budget)).isEqualTo(1000);
    budget.recordCall();
    budget.giveBack();
    assertThat(budget.available()).isInfinite();
    assertThat(budget).hasToString("no retry budget");
  }

  @Test
  void two_time_sources_are_refused() {
    var budget = RetryBudget.ratio(0.1);
    budget.tryAcquire(ctx);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> budget.tryAcquire(Context.background(VirtualTime.manual())))
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
  }

  @Test
  void the_ends_of_the_ranges_are_taken() {
    var least = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
    assertThat(least).hasToString("retry budget of 0.0 per call, at least 0.0 per s, 1 at once");
    var most =
        RetryBudget.builder().ratio(1000).minimumPerSecond(1_000_000).burst(1_000_000).build();
    assertThat(most)
        .hasToString("retry budget of 1000.0 per call, at least 1000000.0 per s, 1000000 at once");
    most.tryAcquire(ctx);
    most.recordCall();
    assertThat(most.available()).isEqualTo(1_000_000);
  }

  @Test
  void tells_what_it_allows() {
    assertThat(RetryBudget.ofDefaults())
        .hasToString("retry budget of 0.2 per call, at least 1.0 per s, 20 at once");
  }
}
