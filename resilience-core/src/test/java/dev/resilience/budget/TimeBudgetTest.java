package dev.resilience.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Schedules;
import dev.resilience.budget.BudgetReport.Outcome;
import dev.resilience.budget.BudgetReport.PhaseReport;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TimeBudgetTest {

  private static final Phase AUTH = Phase.of("auth", 10);
  private static final Phase QUOTE = Phase.of("quote", 70);
  private static final Phase RENDER = Phase.of("render", 20);
  private static final TimeBudget PAGE = TimeBudget.of(AUTH, QUOTE, RENDER);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  @FunctionalInterface
  private interface Play {
    void with(Bench bench, BudgetRun spend) throws Throwable;
  }

  /** A call with a second left. */
  private static void play(Way way, Play play) throws Exception {
    way.play(
        bench -> {
          try (CancellableContext ctx = bench.caller.withTimeout(SECOND);
              BudgetRun spend = PAGE.start(ctx)) {
            play.with(bench, spend);
          }
          assertThat(ContextProbe.waiters(bench.caller)).isZero();
          assertThat(bench.pendingTimers()).isZero();
        });
  }

  /** What the phase is given; takes its time of that. */
  private static Duration use(Bench bench, BudgetRun spend, Phase phase, Duration time)
      throws Exception {
    return bench.way() == Way.ASYNC
        ? bench.await(
            spend.callAsync(
                phase,
                c -> {
                  Duration given = c.timeLeft();
                  return c.delay(time).thenApply(nothing -> given);
                }))
        : spend.call(
            phase,
            c -> {
              Duration given = c.timeLeft();
              c.sleep(time);
              return given;
            });
  }

  /** Work on this thread that hears of no end. */
  private static String stubborn(Bench bench, Duration time) {
    Duration end = bench.elapsed().plus(time);
    while (bench.elapsed().compareTo(end) < 0) {
      try {
        bench.root.sleep(end.minus(bench.elapsed()));
      } catch (InterruptedException ignored) {
        // That is the point.
      }
    }
    return "late";
  }

  @Nested
  class Under_one_second {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void time_that_auth_did_not_use_flows_on_in_proportion(Way way) throws Exception {
      play(
          way,
          (bench, spend) -> {
            assertThat(use(bench, spend, AUTH, millis(10))).isEqualTo(millis(100));
            assertThat(use(bench, spend, QUOTE, millis(440))).isEqualTo(millis(770));
            assertThat(use(bench, spend, RENDER, millis(5))).isEqualTo(millis(550));
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void a_processing_phase_that_overruns_leaves_the_last_its_reserve(Way way) throws Exception {
      play(
          way,
          (bench, spend) -> {
            use(bench, spend, AUTH, millis(10));
            assertThatThrownBy(() -> use(bench, spend, QUOTE, SECOND.multipliedBy(5)))
                .isInstanceOf(AttemptTimeoutException.class)
                .hasMessage("quote: no answer within 770 ms");
            assertThat(bench.elapsed()).isEqualTo(millis(780));
            assertThat(use(bench, spend, RENDER, millis(150))).isEqualTo(millis(220));
          });
    }

    @Test
    void a_processing_phase_that_hears_of_no_end_leaves_the_last_its_reserve_too()
        throws Exception {
      play(
          Way.ASYNC,
          (bench, spend) -> {
            use(bench, spend, AUTH, millis(10));
            assertThatThrownBy(
                    () ->
                        bench.await(
                            spend.callAsync(QUOTE, c -> bench.root.delay(SECOND.multipliedBy(5)))))
                .isInstanceOf(AttemptTimeoutException.class);
            assertThat(use(bench, spend, RENDER, millis(150))).isEqualTo(millis(220));
            bench.root.sleep(SECOND.multipliedBy(5));
          });
    }

    @Test
    void what_a_stubborn_first_phase_took_is_taken_from_the_middle_and_not_from_the_last()
        throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            assertThat(
                    spend.<String, RuntimeException>call(AUTH, c -> stubborn(bench, millis(600))))
                .isEqualTo("late");
            assertThat(use(bench, spend, QUOTE, millis(1))).isEqualTo(millis(200));
            assertThat(use(bench, spend, RENDER, millis(1))).isEqualTo(millis(399));
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void a_phase_for_which_only_the_reserve_is_left_is_refused(Way way) throws Exception {
      play(
          way,
          (bench, spend) -> {
            stubborn(bench, millis(850));
            assertThatThrownBy(() -> use(bench, spend, QUOTE, millis(1)))
                .isInstanceOf(NoTimeLeftException.class)
                .hasMessage("quote: no time left, 200 ms are reserved for render");
            assertThat(use(bench, spend, RENDER, millis(1))).isEqualTo(millis(150));
            assertThat(spend.report().phases())
                .extracting(PhaseReport::outcome)
                .containsExactly(Outcome.NOT_BEGUN, Outcome.REFUSED, Outcome.DONE);
          });
    }

    @Test
    void a_phase_that_is_left_out_leaves_its_time_to_the_others() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) ->
              assertThat(use(bench, spend, QUOTE, millis(1))).isBetween(millis(777), millis(778)));
    }

    @Test
    void blocking_work_is_interrupted_when_its_phase_is_over() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            Throwable thrown =
                catchThrowable(
                    () -> {
                      spend.run(AUTH, c -> bench.root.sleep(SECOND.multipliedBy(9)));
                    });
            assertThat(thrown).isInstanceOf(AttemptTimeoutException.class);
            assertThat(thrown.getSuppressed())
                .singleElement()
                .isInstanceOf(InterruptedException.class);
            assertThat(bench.elapsed()).isEqualTo(millis(100));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
          });
    }
  }

  @Nested
  class The_whole {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void has_a_default_total_where_there_is_no_deadline(Way way) throws Exception {
      way.play(
          bench -> {
            try (BudgetRun spend =
                PAGE.withDefaultTotal(SECOND.multipliedBy(2)).start(bench.caller)) {
              assertThat(use(bench, spend, AUTH, millis(1))).isEqualTo(millis(200));
            }
            try (BudgetRun spend = PAGE.start(bench.caller)) {
              assertThat(spend.report().total()).isEqualTo(Duration.ofSeconds(10));
            }
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void ends_the_last_phase_with_the_callers_deadline(Way way) throws Exception {
      play(
          way,
          (bench, spend) -> {
            assertThatThrownBy(() -> use(bench, spend, RENDER, SECOND.multipliedBy(2)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(bench.elapsed()).isEqualTo(SECOND);
            assertThat(spend.report().phases().get(2).outcome()).isEqualTo(Outcome.OUT_OF_TIME);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void ends_with_the_callers_cancel(Way way) throws Exception {
      way.play(
          bench -> {
            bench.cancelMeanwhile();
            try (BudgetRun spend =
                PAGE.withDefaultTotal(SECOND.multipliedBy(20)).start(bench.caller)) {
              assertThatThrownBy(() -> use(bench, spend, AUTH, SECOND.multipliedBy(9)))
                  .isInstanceOf(ContextCancelledException.class)
                  .hasCause(CancelReason.USER);
              assertThatThrownBy(() -> use(bench, spend, QUOTE, SECOND))
                  .isInstanceOf(ContextCancelledException.class);
            }
            assertThatThrownBy(() -> PAGE.start(bench.caller))
                .isInstanceOf(ContextCancelledException.class);
          });
    }

    @Test
    void is_over_for_all_when_it_is_closed() throws Exception {
      play(
          Way.ASYNC,
          (bench, spend) -> {
            CompletableFuture<Object> running =
                spend.callAsync(AUTH, c -> new CompletableFuture<>()).toCompletableFuture();
            spend.close();
            assertThat(running).isCompletedExceptionally();
            assertThat(spend.context().isDone()).isTrue();
          });
    }
  }

  @Nested
  class The_report {

    @Test
    void says_what_each_phase_was_given_and_used() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            use(bench, spend, AUTH, millis(10));
            catchThrowable(
                () ->
                    spend.call(
                        QUOTE,
                        c -> {
                          c.sleep(millis(40));
                          throw new IOException("refused");
                        }));
            BudgetReport report =
                spend.call(
                    RENDER,
                    c -> {
                      c.sleep(millis(50));
                      return spend.report();
                    });
            assertThat(report.total()).isEqualTo(SECOND);
            assertThat(report.left()).isEqualTo(millis(900));
            assertThat(report.toTree())
                .isEqualTo(
                    """
                    total 1 s, left 900 ms
                    ├─ auth: given 100 ms, used 10 ms, DONE
                    ├─ quote: given 770 ms, used 40 ms, FAILED
                    └─ render: given 950 ms, used 50 ms, RUNNING\
                    """);
          });
    }

    @Test
    void shows_a_phase_that_overran() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            spend.call(AUTH, c -> stubborn(bench, millis(300)));
            PhaseReport auth = spend.report().phases().get(0);
            assertThat(auth.given()).isEqualTo(millis(100));
            assertThat(auth.used()).isEqualTo(millis(300));
            assertThat(auth.hasOverrun()).isTrue();
            assertThat(auth.outcome()).isEqualTo(Outcome.DONE);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void holds_those_of_the_budgets_within_which_divide_the_time_of_their_phase(Way way)
        throws Exception {
      Phase fetch = Phase.of("fetch", 3);
      Phase merge = Phase.of("merge", 1);
      play(
          way,
          (bench, spend) -> {
            if (way == Way.ASYNC) {
              bench.await(
                  spend.callAsync(
                      QUOTE,
                      c -> {
                        BudgetRun inner = TimeBudget.of(fetch, merge).start(c);
                        return inner
                            .callAsync(fetch, d -> d.delay(millis(100)))
                            .thenCompose(n -> inner.callAsync(merge, d -> d.delay(millis(10))))
                            .whenComplete((n, failure) -> inner.close());
                      }));
            } else {
              spend.run(
                  QUOTE,
                  c -> {
                    try (BudgetRun inner = TimeBudget.of(fetch, merge).start(c)) {
                      inner.run(fetch, d -> d.sleep(millis(100)));
                      inner.run(merge, d -> d.sleep(millis(10)));
                    }
                  });
            }
            BudgetReport inner = spend.report().phases().get(1).nested().get(0);
            assertThat(inner.total()).isBetween(millis(777), millis(778));
            assertThat(inner.phases())
                .extracting(PhaseReport::used)
                .containsExactly(millis(100), millis(10));
            assertThat(spend.report().toTree())
                .contains("\n├─ quote")
                .contains("\n│  ├─ fetch")
                .contains("\n│  └─ merge");
          });
    }
  }

  @Nested
  class Phases {

    @Test
    void begin_in_order_and_once() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            use(bench, spend, QUOTE, millis(1));
            for (Phase over : new Phase[] {AUTH, QUOTE}) {
              assertThatIllegalStateException()
                  .isThrownBy(() -> use(bench, spend, over, millis(1)))
                  .withMessage(
                      "phase: " + over + " (expected: one that has not begun, nor one after it)");
            }
          });
    }

    @Test
    void of_another_budget_are_refused() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) ->
              assertThatIllegalArgumentException()
                  .isThrownBy(() -> use(bench, spend, Phase.of("auth", 10), millis(1)))
                  .withMessage("phase: auth (expected: one of [auth, quote, render])"));
    }

    @Test
    void pass_failures_on_as_they_are() throws Exception {
      play(
          Way.PLATFORM_THREAD,
          (bench, spend) -> {
            IOException failure = new IOException("refused");
            assertThatThrownBy(
                    () ->
                        spend.call(
                            AUTH,
                            c -> {
                              throw failure;
                            }))
                .isSameAs(failure);
            Error error = new StackOverflowError();
            assertThatThrownBy(
                    () ->
                        spend.call(
                            QUOTE,
                            c -> {
                              stubborn(bench, SECOND.multipliedBy(3));
                              throw error;
                            }))
                .isSameAs(error);
          });
    }
  }

  /** Whatever the weights, and whatever the phases use. */
  @Test
  void the_last_phase_is_never_offered_less_than_its_share_unless_somebody_ignores_his_limit() {
    Schedules.check(
        1_000,
        (seed, random) -> {
          VirtualTime.Automatic time = VirtualTime.automatic(seed);
          time.run(
              () -> {
                Phase[] phases = new Phase[2 + random.nextInt(5)];
                double sum = 0;
                for (int i = 0; i < phases.length; i++) {
                  phases[i] = Phase.of("phase " + i, random.nextInt(1, 100));
                  sum += phases[i].weight();
                }
                Phase last = phases[phases.length - 1];
                Context root = Context.background(time);
                try (BudgetRun spend = TimeBudget.of(phases).withDefaultTotal(SECOND).start(root)) {
                  for (int i = 0; i < phases.length - 1; i++) {
                    Duration takes = millis(random.nextInt(600));
                    Phase phase = phases[i];
                    catchThrowable(() -> spend.run(phase, c -> c.sleep(takes)));
                  }
                  Duration offered = spend.call(last, Context::timeLeft);
                  long share = (long) (SECOND.toNanos() * last.weight() / sum);
                  assertThat(offered.toNanos()).isGreaterThanOrEqualTo(share - phases.length);
                }
                return null;
              });
        });
  }

  @Test
  void refuses_bad_input() {
    assertThatIllegalArgumentException()
        .isThrownBy(TimeBudget::of)
        .withMessage("phases: none (expected: at least one)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TimeBudget.of(AUTH, QUOTE, AUTH))
        .withMessage("phases: [auth, quote, auth] (expected: each once)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PAGE.withDefaultTotal(Duration.ZERO))
        .withMessage("total: 0 s (expected: > 0)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Phase.of(" ", 1))
        .withMessage("name: ' ' (expected: not blank)");
    for (double weight : new double[] {0, -1, Double.NaN, 2_000_000}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Phase.of("a", weight))
          .withMessage("weight: " + weight + " (expected: more than 0, at most a million)");
    }
    assertThat(PAGE).hasToString("[auth 10.0, quote 70.0, render 20.0]");
  }
}
