package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.observe.CallReport;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What keeps a retry from trying again although it may: the budget, and the time it would take. */
class RetryLimitsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger requests = new AtomicInteger();

  private static CallReport storyOf(Throwable failure) {
    return CallReport.from(failure).orElseThrow();
  }

  private Throwable callThatFails(CallMode mode, Retry retry) {
    return catchThrowable(
        () ->
            mode.call(
                Resilience.of(retry),
                root,
                c -> {
                  requests.incrementAndGet();
                  throw new IOException("down");
                }));
  }

  @Nested
  class The_budget {

    /** Must show: a full outage is amplified at most 1.25 times with the default budget. */
    @ParameterizedTest
    @EnumSource
    void keeps_a_full_outage_from_being_amplified(CallMode mode) throws Exception {
      var retry = Retry.ofDefaults();
      int calls = 50 * 60;
      time.run(
          () -> {
            for (int i = 0; i < calls; i++) {
              time.start("caller-" + i, () -> callThatFails(mode, retry));
              root.sleep(ofMillis(20));
            }
            return null;
          });

      double amplification = requests.get() / (double) calls;
      // 20 tokens at first and one a second: where nothing succeeds, nothing else comes in.
      assertThat(amplification).isBetween(1.02, 1.03);
    }

    @ParameterizedTest
    @EnumSource
    void stops_with_the_last_real_failure_and_says_so(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
      var retry = Retry.builder().backoff(Backoff.none()).budget(budget).build();

      Throwable failure = time.run(() -> callThatFails(mode, retry));

      assertThat(failure).isInstanceOf(IOException.class);
      assertThat(storyOf(failure).stopped()).isEqualTo("the retry budget is used up");
      assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void gives_a_lonely_call_all_its_attempts_however_many(CallMode mode) throws Exception {
      var retry = Retry.builder().maxAttempts(500).backoff(Backoff.none()).build();

      time.run(() -> callThatFails(mode, retry));

      assertThat(requests).hasValue(500);
      // 499 further attempts after plain failures, of three times as many.
      assertThat(retry.config().budget().available()).isEqualTo(998);
    }

    @ParameterizedTest
    @EnumSource
    void is_spent_when_a_retry_is_decided_on_not_when_it_begins(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
      var retry = Retry.builder().backoff(Backoff.constant(ofSeconds(10))).budget(budget).build();

      Throwable second =
          time.run(
              () -> {
                time.start("first", () -> callThatFails(mode, retry));
                root.sleep(ofSeconds(1));
                return callThatFails(mode, retry);
              });

      assertThat(storyOf(second).stopped()).isEqualTo("the retry budget is used up");
      assertThat(requests).as("two calls, and the retry of the first").hasValue(3);
    }

    @ParameterizedTest
    @EnumSource
    void gets_back_what_a_caller_who_left_did_not_use(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0.5).minimumPerSecond(0).burst(1).build();
      var retry = Retry.builder().backoff(Backoff.constant(ofSeconds(10))).budget(budget).build();
      var caller = root.withCancel();

      Throwable failure =
          time.run(
              () -> {
                time.start(
                    "leaves",
                    () -> {
                      root.sleep(ofSeconds(1));
                      caller.cancel();
                    });
                return catchThrowable(
                    () ->
                        mode.call(
                            Resilience.of(retry),
                            caller,
                            c -> {
                              throw new IOException("down");
                            }));
              });

      assertThat(failure).isInstanceOf(ContextCancelledException.class);
      assertThat(budget.available()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void gets_nothing_from_a_call_that_its_caller_cancelled(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(1).minimumPerSecond(0).burst(1).build();
      budget.tryAcquire(root, RetryBudget.Reason.FAILURE);
      var caller = root.withCancel();

      time.run(
          () ->
              catchThrowable(
                  () ->
                      mode.call(
                          Resilience.of(Retry.builder().budget(budget).build()),
                          caller,
                          c -> {
                            caller.cancel();
                            throw new IOException("connection closed");
                          })));

      assertThat(budget.available()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void is_filled_by_calls_that_succeed(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(1).minimumPerSecond(0).burst(5).build();
      budget.tryAcquire(root, RetryBudget.Reason.FAILURE);

      time.run(
          () ->
              mode.call(Resilience.of(Retry.builder().budget(budget).build()), root, c -> "well"));

      assertThat(budget.available()).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource
    void gets_nothing_from_a_result_that_counts_as_a_failure(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0.5).minimumPerSecond(0).burst(5).build();
      budget.tryAcquire(root, RetryBudget.Reason.FAILURE);
      var classifier = Classifier.ofDefaults().onResult(Integer.class, n -> Verdict.FAILURE);
      var retry = Retry.builder().maxAttempts(1).classifier(classifier).budget(budget).build();

      time.run(() -> mode.call(Resilience.of(retry), root, c -> 503));

      assertThat(budget.available()).isEqualTo(4);
    }

    @Test
    void may_be_shared_by_several_retries() throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(3).build();
      var one = Retry.builder().backoff(Backoff.none()).budget(budget).build();
      var other = Retry.builder().backoff(Backoff.none()).budget(budget).build();

      time.run(() -> callThatFails(CallMode.BLOCKING, one));
      time.run(() -> callThatFails(CallMode.BLOCKING, other));

      assertThat(requests).as("two calls, and three further attempts").hasValue(5);
    }

    @ParameterizedTest
    @EnumSource
    void under_a_second_time_source_fails_clearly_with_the_failure_kept(CallMode mode)
        throws Exception {
      var budget = RetryBudget.ofDefaults();
      budget.tryAcquire(Context.background(VirtualTime.manual()), RetryBudget.Reason.FAILURE);

      Throwable failure =
          time.run(() -> callThatFails(mode, Retry.builder().budget(budget).build()));

      assertThat(failure)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("ctx: a context on ");
      assertThat(failure.getSuppressed()).singleElement().isInstanceOf(IOException.class);
    }
  }

  @Nested
  class The_time_it_would_take {

    private final Retry retry =
        Retry.builder().backoff(Backoff.constant(ofMillis(10))).maxAttempts(2).build();

    private Throwable failAfter(CallMode mode, Duration time, Context ctx) {
      return catchThrowable(
          () ->
              mode.call(
                  Resilience.of(retry),
                  ctx,
                  c -> {
                    requests.incrementAndGet();
                    c.sleep(time);
                    throw new IOException("down");
                  }));
    }

    private void succeedAfter(CallMode mode, Duration took) throws Exception {
      mode.call(
          Resilience.of(retry),
          root,
          c -> {
            c.sleep(took);
            return "well";
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_the_median_and_must_fit_into_what_is_left(CallMode mode) throws Exception {
      Throwable failure =
          time.run(
              () -> {
                for (int i = 0; i < 9; i++) {
                  succeedAfter(mode, ofMillis(i < 5 ? 300 : 900));
                }
                return failAfter(mode, ofMillis(1), root.withTimeout(ofMillis(311)));
              });

      assertThat(failure).isInstanceOf(IOException.class);
      assertThat(requests).hasValue(1);
      assertThat(storyOf(failure).stopped())
          .isEqualTo(
              "no time left: next attempt in 10 ms, which usually takes 300 ms, 310 ms left");
    }

    @ParameterizedTest
    @EnumSource
    void is_learned_from_further_attempts_too(CallMode mode) throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < AttemptDurations.ENOUGH; i++) {
              var isFirst = new AtomicBoolean(true);
              mode.call(
                  Resilience.of(retry),
                  root,
                  c -> {
                    if (isFirst.getAndSet(false)) {
                      throw new IOException("down");
                    }
                    c.sleep(ofMillis(300));
                    return "well";
                  });
            }
            return null;
          });

      assertThat(retry.config().durations().median()).isEqualTo(ofMillis(300).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    void is_at_least_the_limit_that_passed(CallMode mode) throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < AttemptDurations.ENOUGH; i++) {
              catchThrowable(
                  () ->
                      mode.call(
                          Resilience.of(retry, FixedTimeout.of(ofMillis(200))),
                          root,
                          c -> {
                            c.sleep(ofSeconds(9));
                            return "never";
                          }));
            }
            return null;
          });

      assertThat(retry.config().durations().median()).isEqualTo(ofMillis(200).toNanos());
    }

    @ParameterizedTest
    @EnumSource
    void lets_through_what_fits(CallMode mode) throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 9; i++) {
              succeedAfter(mode, ofMillis(300));
            }
            return failAfter(mode, ofMillis(1), root.withTimeout(ofMillis(311).plusNanos(1)));
          });

      assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void is_not_judged_by_too_few(CallMode mode) throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 7; i++) {
              succeedAfter(mode, ofMillis(300));
            }
            return failAfter(mode, ofMillis(1), root.withTimeout(ofMillis(100)));
          });

      assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void does_not_matter_without_a_deadline(CallMode mode) throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 9; i++) {
              succeedAfter(mode, Duration.ofMinutes(5));
            }
            return failAfter(mode, ofMillis(1), root);
          });

      assertThat(requests).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void is_measured_anew_after_failures_so_that_it_follows_the_service(CallMode mode)
        throws Exception {
      time.run(
          () -> {
            for (int i = 0; i < 32; i++) {
              succeedAfter(mode, ofSeconds(3));
            }
            assertThat(failAfter(mode, ofMillis(1), root.withTimeout(ofSeconds(1)))).isNotNull();
            assertThat(requests).as("while it is slow").hasValue(1);
            for (int i = 0; i < 16; i++) {
              succeedAfter(mode, ofMillis(2));
            }
            failAfter(mode, ofMillis(1), root.withTimeout(ofSeconds(1)));
            return null;
          });

      assertThat(requests).as("when it is fast again").hasValue(3);
    }

    @Test
    void is_not_learned_from_callers_who_leave() throws Exception {
      var times = retry.config().durations();
      time.run(
          () -> {
            for (int i = 0; i < 20; i++) {
              var caller = root.withCancel();
              catchThrowable(
                  () ->
                      Resilience.of(retry)
                          .call(
                              caller,
                              c -> {
                                c.sleep(ofMillis(5));
                                caller.cancel();
                                throw new IOException("connection closed");
                              }));
            }
            return null;
          });

      assertThat(times.median()).isZero();
    }

    @Test
    void costs_no_clock_while_all_is_well_and_fast() {
      for (int i = 0; i < AttemptDurations.WINDOW; i++) {
        assertThat(retry.config().durations().isWatching()).isTrue();
        assertThat(retry.config().durations().start(time)).isNotEqualTo(AttemptDurations.UNWATCHED);
      }

      assertThat(retry.config().durations().isWatching()).isFalse();
      assertThat(retry.config().durations().start(time)).isEqualTo(AttemptDurations.UNWATCHED);
    }
  }

  @Nested
  class The_times_of_attempts {

    private final AttemptDurations times = new AttemptDurations();

    @Test
    void are_known_by_their_median_once_there_are_enough() {
      for (int i = 1; i < AttemptDurations.ENOUGH; i++) {
        times.took(i);
        assertThat(times.median()).isZero();
      }
      times.took(100);

      assertThat(times.median()).isEqualTo(4);
    }

    @Test
    void need_not_come_in_order() {
      for (long nanos : new long[] {100, 7, 3, 6, 1, 5, 2, 4}) {
        times.took(nanos);
      }

      assertThat(times.median()).isEqualTo(4);
    }

    @Test
    void are_not_confirmed_by_one_that_was_cut_off_just_then() {
      for (int i = 0; i < 8; i++) {
        times.took(100);
      }
      for (int i = 0; i < 8; i++) {
        times.tookAtLeast(100);
      }
      for (int i = 0; i < 9; i++) {
        times.took(200);
      }

      assertThat(times.median()).isEqualTo(200);
    }

    @Test
    void are_those_of_the_latest() {
      for (int i = 0; i < AttemptDurations.WINDOW; i++) {
        times.took(1000);
      }
      for (int i = 0; i < AttemptDurations.WINDOW; i++) {
        times.took(7);
      }

      assertThat(times.median()).isEqualTo(7);
    }

    @Test
    void are_not_shortened_by_callers_in_a_hurry_but_prolonged_by_patient_ones() {
      for (int i = 0; i < AttemptDurations.ENOUGH; i++) {
        times.took(100);
      }
      for (int i = 0; i < AttemptDurations.WINDOW; i++) {
        times.tookAtLeast(3);
      }
      assertThat(times.median()).isEqualTo(100);

      for (int i = 0; i < AttemptDurations.WINDOW; i++) {
        times.tookAtLeast(500);
      }
      assertThat(times.median()).isEqualTo(500);
    }

    @Test
    void are_measured_again_for_a_while_after_a_failure() {
      while (times.isWatching()) {
        times.start(time);
      }
      times.failed();
      for (int i = 0; i < AttemptDurations.AFTER_A_FAILURE; i++) {
        assertThat(times.start(time)).isNotEqualTo(AttemptDurations.UNWATCHED);
      }

      assertThat(times.isWatching()).isFalse();
    }

    @Test
    void are_measured_as_long_as_they_are_slow() {
      for (int i = 0; i < 10 * AttemptDurations.WINDOW; i++) {
        assertThat(times.start(time)).isNotEqualTo(AttemptDurations.UNWATCHED);
        times.took(AttemptDurations.SLOW);
      }
    }

    @Test
    void of_an_attempt_without_length_count() {
      for (int i = 0; i < AttemptDurations.ENOUGH; i++) {
        times.took(0);
      }

      assertThat(times.median()).isEqualTo(1);
    }
  }

  @Test
  void a_call_that_never_blocks_is_measured_as_well() {
    var manual = VirtualTime.manual();
    var ctx = Context.background(manual);
    var retry = Retry.ofDefaults();
    var pending = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < AttemptDurations.ENOUGH; i++) {
      var answer = new CompletableFuture<String>();
      pending.add(answer);
      Resilience.of(retry).callAsync(ctx, c -> answer);
    }
    manual.advance(ofMillis(40));
    pending.forEach(answer -> answer.complete("well"));

    assertThat(retry.config().durations().median()).isEqualTo(ofMillis(40).toNanos());
  }
}
