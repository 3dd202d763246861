package dev.resilience.hedge;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HedgeTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final Context root = Context.background(time);
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<String> log = new ArrayList<>();

  /** A way to make a call whose attempts take time: blocking, or with a stage. */
  enum Mode {
    BLOCKING,
    ASYNC;

    /** Each attempt takes as long as its script says, and then does what it says. */
    String call(Resilience stack, Context ctx, Script script) throws Exception {
      if (this == BLOCKING) {
        return stack.call(
            ctx,
            c -> {
              Step step = script.next(c);
              c.sleep(step.takes());
              return step.outcome().call(c);
            });
      }
      CompletionStage<String> stage =
          stack.callAsync(
              ctx,
              c -> {
                Step step = script.next(c);
                return c.delay(step.takes())
                    .thenApply(
                        n -> {
                          try {
                            return step.outcome().call(c);
                          } catch (Error e) {
                            throw e;
                          } catch (Throwable e) {
                            throw new java.util.concurrent.CompletionException(e);
                          }
                        });
              });
      try {
        return ctx.await(stage);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw (Exception) e.getCause();
      }
    }
  }

  record Step(Duration takes, Call<String, Exception> outcome) {}

  interface Script {
    Step next(Context ctx);
  }

  private Script script(Step... steps) {
    return ctx -> {
      int attempt = attempts.getAndIncrement();
      ctx.onDone(
          () -> {
            if (ctx.cause() == CancelReason.SUPERSEDED) {
              log.add("attempt " + attempt + " stopped at " + time.elapsed().toMillis());
            }
          });
      return steps[attempt];
    };
  }

  private static Step good(int millis, String answer) {
    return new Step(ofMillis(millis), c -> answer);
  }

  private static Step bad(int millis, Throwable failure) {
    return new Step(
        ofMillis(millis),
        c -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (Exception) failure;
        });
  }

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
    assertThat(time.pendingTimers()).as("timers").isZero();
  }

  @ParameterizedTest
  @EnumSource
  void a_quick_call_is_made_once(Mode mode) throws Exception {
    Resilience stack = Resilience.of(Hedge.after(ofMillis(100)));
    run(
        () -> {
          assertThat(mode.call(stack, root, script(good(99, "first")))).isEqualTo("first");
          assertThat(time.elapsed()).isEqualTo(ofMillis(99));
          return null;
        });
    assertThat(attempts).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource
  void a_slow_call_is_overtaken_and_stopped(Mode mode) throws Exception {
    Hedge hedge = Hedge.after(ofMillis(100));
    run(
        () -> {
          try (var ctx = root.withCancel()) {
            assertThat(
                    mode.call(
                        Resilience.of(hedge),
                        ctx,
                        script(good(5_000, "first"), good(30, "second"))))
                .isEqualTo("second");
            assertThat(log).containsExactly("attempt 0 stopped at 130");
            assertThat(ContextProbe.waiters(ctx)).isZero();
          }
          assertThat(time.elapsed()).isEqualTo(ofMillis(130));
          return null;
        });
    assertThat(hedge.snapshot())
        .hasToString("hedge: after 100 ms, 1 calls, 1 hedges, 1 won, 0 refused");
  }

  @ParameterizedTest
  @EnumSource
  void the_first_attempt_may_still_win(Mode mode) throws Exception {
    Resilience stack = Resilience.of(Hedge.after(ofMillis(100)));
    run(
        () -> {
          assertThat(mode.call(stack, root, script(good(120, "first"), good(50, "second"))))
              .isEqualTo("first");
          return null;
        });
    assertThat(log).containsExactly("attempt 1 stopped at 120");
  }

  @ParameterizedTest
  @EnumSource
  void there_are_no_more_hedges_than_allowed(Mode mode) throws Exception {
    Resilience stack = Resilience.of(Hedge.builder().delay(ofMillis(100)).maxHedges(2).build());
    run(
        () -> {
          assertThat(
                  mode.call(stack, root, script(good(1000, "a"), good(1000, "b"), good(1000, "c"))))
              .isEqualTo("a");
          return null;
        });
    assertThat(attempts).hasValue(3);
    assertThat(log)
        .containsExactlyInAnyOrder("attempt 1 stopped at 1000", "attempt 2 stopped at 1000");
  }

  @ParameterizedTest
  @EnumSource
  void a_failure_before_any_hedge_is_passed_on_at_once(Mode mode) throws Exception {
    IOException failure = new IOException("refused");
    run(
        () -> {
          assertThatThrownBy(
                  () ->
                      mode.call(
                          Resilience.of(Hedge.after(ofMillis(100))),
                          root,
                          script(bad(10, failure))))
              .isSameAs(failure);
          assertThat(time.elapsed()).isEqualTo(ofMillis(10));
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_failure_beside_another_attempt_is_waited_out(Mode mode) throws Exception {
    run(
        () -> {
          assertThat(
                  mode.call(
                      Resilience.of(Hedge.after(ofMillis(100))),
                      root,
                      script(bad(150, new IOException("refused")), good(200, "second"))))
              .isEqualTo("second");
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void when_all_fail_the_last_failure_has_the_others_suppressed(Mode mode) throws Exception {
    IOException first = new IOException("first");
    IOException second = new IOException("second");
    run(
        () -> {
          assertThatThrownBy(
                  () ->
                      mode.call(
                          Resilience.of(Hedge.after(ofMillis(100))),
                          root,
                          script(bad(250, first), bad(50, second))))
              .isSameAs(first)
              .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(second));
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void an_error_ends_the_others(Mode mode) throws Exception {
    Error error = new StackOverflowError();
    run(
        () -> {
          assertThatThrownBy(
                  () ->
                      mode.call(
                          Resilience.of(Hedge.after(ofMillis(100))),
                          root,
                          script(good(5_000, "first"), bad(50, error))))
              .isSameAs(error);
          assertThat(time.elapsed()).isEqualTo(ofMillis(150));
          return null;
        });
    assertThat(log).containsExactly("attempt 0 stopped at 150");
  }

  @ParameterizedTest
  @EnumSource
  void a_result_that_counts_as_a_failure_does_not_win(Mode mode) throws Exception {
    Classifier classifier =
        Classifier.ofDefaults()
            .onResult(String.class, s -> s.equals("503") ? Verdict.FAILURE : Verdict.SUCCESS);
    Resilience stack =
        Resilience.of(Hedge.builder().delay(ofMillis(100)).classifier(classifier).build());
    run(
        () -> {
          assertThat(mode.call(stack, root, script(good(150, "503"), good(100, "second"))))
              .isEqualTo("second");
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void the_callers_cancel_ends_all_attempts(Mode mode) throws Exception {
    run(
        () -> {
          var ctx = root.withCancel();
          time.start(
              "leaves",
              () -> {
                root.sleep(ofMillis(150));
                ctx.cancel(CancelReason.USER);
              });
          Throwable thrown =
              catchThrowable(
                  () ->
                      mode.call(
                          Resilience.of(Hedge.after(ofMillis(100))),
                          ctx,
                          script(good(5_000, "first"), good(5_000, "second"))));
          assertThat(thrown).isInstanceOf(ContextCancelledException.class);
          assertThat(time.elapsed()).isEqualTo(ofMillis(150));
          return null;
        });
    assertThat(time.elapsed()).as("nobody worked on").isEqualTo(ofMillis(150));
  }

  @ParameterizedTest
  @EnumSource
  void no_hedge_starts_that_the_budget_does_not_allow(Mode mode) throws Exception {
    RetryBudget budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
    Hedge hedge = Hedge.builder().delay(ofMillis(100)).budget(budget).build();
    run(
        () -> {
          budget.tryAcquire(root, RetryBudget.Reason.FAILURE);
          assertThat(mode.call(Resilience.of(hedge), root, script(good(500, "first"))))
              .isEqualTo("first");
          return null;
        });
    assertThat(hedge.snapshot().refused()).isEqualTo(1);
    assertThat(hedge.snapshot().hedges()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void each_call_that_succeeds_pays_into_the_budget(Mode mode) throws Exception {
    RetryBudget own = RetryBudget.builder().ratio(0.25).minimumPerSecond(0).burst(10).build();
    RetryBudget shared = RetryBudget.builder().ratio(0.25).minimumPerSecond(0).burst(10).build();
    Resilience recording = Resilience.of(Hedge.builder().delay(ofMillis(100)).budget(own).build());
    Resilience sharing =
        Resilience.of(Hedge.builder().delay(ofMillis(100)).sharedBudget(shared).build());
    run(
        () -> {
          for (Resilience stack : List.of(recording, sharing)) {
            for (int i = 0; i < 4; i++) {
              attempts.set(0);
              mode.call(stack, root, script(good(300, "first"), good(10, "second")));
            }
          }
          return null;
        });
    // Four hedges each, and where calls are counted a quarter back for each.
    assertThat(own.available()).isEqualTo(7);
    assertThat(shared.available()).isEqualTo(6);
  }

  @ParameterizedTest
  @EnumSource
  void the_delay_follows_the_observed_percentile(Mode mode) throws Exception {
    Hedge hedge = Hedge.builder().percentile(0.9).initially(ofSeconds(2)).build();
    Resilience stack = Resilience.of(hedge);
    run(
        () -> {
          for (int i = 1; i <= 20; i++) {
            assertThat(hedge.currentDelay()).isEqualTo(ofSeconds(2));
            attempts.set(0);
            mode.call(stack, root, script(good(i * 10, "answer")));
          }
          assertThat(hedge.currentDelay()).isEqualTo(ofMillis(200));
          return null;
        });
  }

  /** The whole service is slow: hardly one call takes longer than usual. */
  @Test
  void the_delay_is_at_least_two_medians() {
    HedgeDelay delay = new HedgeDelay(0.95);
    for (int i = 0; i < 32; i++) {
      delay.took(ofMillis(100 + i).toNanos());
    }

    assertThat(delay.nanos()).isEqualTo(ofMillis(115).toNanos() * 2);
  }

  @Nested
  class No_hedge_starts {

    private final Hedge.Builder hedge = Hedge.builder().delay(ofMillis(100));

    private void slowCallIsNotHedged(Mode mode, Hedge policy, Context ctx) throws Exception {
      run(
          () ->
              assertThat(
                      mode.call(
                          Resilience.of(policy),
                          ctx,
                          script(good(500, "first"), good(1, "second"))))
                  .isEqualTo("first"));
      assertThat(policy.snapshot().hedges()).isZero();
      assertThat(policy.snapshot().refused()).isOne();
    }

    @ParameterizedTest
    @EnumSource
    void while_a_concurrency_limit_shrinks(Mode mode) throws Exception {
      Hedge policy = hedge.build();
      policy.limitListener().on(new PolicyEvent.ConcurrencyLimitChanged("api", 20, 10));

      slowCallIsNotHedged(mode, policy, root);
    }

    @ParameterizedTest
    @EnumSource
    void within_a_second_of_a_rejection(Mode mode) throws Exception {
      Hedge policy = hedge.build();
      policy
          .limitListener()
          .on(new PolicyEvent.Rejected("api", new ConcurrencyLimitExceededException("10 calls")));

      slowCallIsNotHedged(mode, policy, root);
    }

    @ParameterizedTest
    @EnumSource
    void while_the_user_says_so(Mode mode) throws Exception {
      slowCallIsNotHedged(mode, hedge.pauseWhile(() -> true).build(), root);
    }

    @ParameterizedTest
    @EnumSource
    void from_the_reserve_of_retries(Mode mode) throws Exception {
      RetryBudget shared = RetryBudget.builder().minimumPerSecond(0).burst(4).build();
      for (int i = 0; i < 2; i++) {
        shared.tryAcquire(root, RetryBudget.Reason.FAILURE);
      }

      slowCallIsNotHedged(mode, hedge.sharedBudget(shared).build(), root);
    }

    @ParameterizedTest
    @EnumSource
    void for_what_is_sheddable_once_the_budget_is_half_empty(Mode mode) throws Exception {
      RetryBudget own = RetryBudget.builder().minimumPerSecond(0).burst(4).build();
      for (int i = 0; i < 2; i++) {
        own.tryAcquire(root, RetryBudget.Reason.FAILURE);
      }

      slowCallIsNotHedged(mode, hedge.budget(own).build(), Criticality.SHEDDABLE.in(root));
    }
  }

  @Nested
  class A_function_that_throws_an_error {

    private final Error broken = new NoClassDefFoundError("org/example/Optional");
    private final Classifier rules =
        Classifier.ofDefaults()
            .onFailure(IOException.class, e -> fail())
            .onResult(String.class, r -> fail());

    private <T> T fail() {
      throw broken;
    }

    private void endsTheCall(Mode mode, Hedge hedge, Step... script) throws Exception {
      run(
          () -> {
            try (var ctx = root.withCancel()) {
              assertThat(catchThrowable(() -> mode.call(Resilience.of(hedge), ctx, script(script))))
                  .isSameAs(broken);
              assertThat(ContextProbe.waiters(ctx)).isZero();
            }
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void as_a_rule_for_failures(Mode mode) throws Exception {
      IOException down = new IOException("down");
      endsTheCall(mode, Hedge.builder().classifier(rules).build(), bad(10, down));
      assertThat(broken.getSuppressed()).containsExactly(down);
    }

    @ParameterizedTest
    @EnumSource
    void as_a_rule_for_results(Mode mode) throws Exception {
      endsTheCall(mode, Hedge.builder().classifier(rules).build(), good(10, "answer"));
    }

    @ParameterizedTest
    @EnumSource
    void as_what_says_that_there_is_pressure(Mode mode) throws Exception {
      endsTheCall(
          mode,
          Hedge.builder().delay(ofMillis(100)).pauseWhile(this::fail).build(),
          good(500, "answer"));
    }

    @ParameterizedTest
    @EnumSource
    void as_a_budget_of_another_time_source(Mode mode) throws Exception {
      RetryBudget budget = RetryBudget.ofDefaults();
      budget.tryAcquire(Context.background(VirtualTime.manual()), RetryBudget.Reason.FAILURE);
      Hedge hedge = Hedge.builder().delay(ofMillis(100)).budget(budget).build();
      run(
          () ->
              assertThat(
                      catchThrowable(
                          () ->
                              mode.call(
                                  Resilience.of(hedge),
                                  root,
                                  script(bad(500, new IOException("down"))))))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageStartingWith("ctx: a context on "));
    }
  }

  @Nested
  class A_result_that_is_not_the_answer {

    private final List<Object> closed = new ArrayList<>();

    @ParameterizedTest
    @EnumSource
    void is_discarded(Mode mode) throws Exception {
      Hedge hedge =
          Hedge.builder()
              .delay(ofMillis(100))
              .classifier(
                  Classifier.ofDefaults()
                      .onResult(
                          String.class, r -> r.equals("bad") ? Verdict.FAILURE : Verdict.SUCCESS))
              .onDiscard(String.class, closed::add)
              .build();
      run(
          () ->
              assertThat(
                      mode.call(
                          Resilience.of(hedge), root, script(good(150, "bad"), good(100, "good"))))
                  .isEqualTo("good"));
      assertThat(closed).containsExactly("bad");
    }

    /** The work takes no notice of its end, and has a result after all. */
    @Test
    void is_discarded_also_when_it_comes_after_the_answer() throws Exception {
      CompletableFuture<String> first = new CompletableFuture<>();
      CompletableFuture<String> second = new CompletableFuture<>();
      VirtualTime.Manual clock = VirtualTime.manual();
      Hedge hedge =
          Hedge.builder().delay(ofMillis(100)).onDiscard(String.class, closed::add).build();
      CompletableFuture<String> answer =
          Resilience.of(hedge)
              .callAsync(
                  Context.background(clock), c -> attempts.getAndIncrement() == 0 ? first : second)
              .toCompletableFuture();
      clock.advance(ofMillis(100));
      second.complete("second");
      first.complete("first");

      assertThat(answer).isCompletedWithValue("second");
      assertThat(closed).containsExactly("first");
    }
  }

  @Test
  void overtaken_attempts_do_not_shrink_the_delay() throws Exception {
    Hedge hedge = Hedge.builder().percentile(0.95).initially(ofMillis(500)).build();
    Resilience stack = Resilience.of(hedge);
    run(
        () -> {
          for (int i = 0; i < 2_000; i++) {
            attempts.set(0);
            // One call in ten hangs at its first attempt.
            int first = i % 10 == 0 ? 60_000 : 20 + i % 30;
            Mode.BLOCKING.call(stack, root, script(good(first, "a"), good(20 + i % 30, "b")));
          }
          return null;
        });
    assertThat(hedge.currentDelay()).isBetween(ofMillis(45), ofMillis(600));
    assertThat(hedge.snapshot().hedges()).isBetween(190L, 260L);
  }

  @Test
  void what_callers_cancel_moves_no_percentile() throws Exception {
    Hedge hedge = Hedge.builder().initially(ofMillis(500)).build();
    Resilience stack = Resilience.of(hedge);
    run(
        () -> {
          for (int i = 0; i < 25; i++) {
            attempts.set(0);
            Mode.BLOCKING.call(stack, root, script(good(100, "answer")));
          }
          Duration before = hedge.currentDelay();
          for (int i = 0; i < 300; i++) {
            var ctx = root.withCancel();
            time.start(
                "leaves",
                () -> {
                  root.sleep(ofMillis(1));
                  ctx.cancel();
                });
            attempts.set(0);
            catchThrowable(() -> Mode.BLOCKING.call(stack, ctx, script(good(100, "answer"))));
          }
          assertThat(hedge.currentDelay()).isEqualTo(before).isEqualTo(ofMillis(200));
          return null;
        });
  }

  @Test
  void every_call_ends_once_and_leaves_nothing_whatever_happens() {
    Schedules.check(
        500,
        (seed, random) -> {
          VirtualTime.Automatic clock = VirtualTime.automatic(seed);
          Context background = Context.background(clock);
          AtomicInteger inside = new AtomicInteger();
          Hedge hedge =
              Hedge.builder()
                  .delay(ofMillis(1 + random.nextInt(60)))
                  .maxHedges(1 + random.nextInt(3))
                  .budget(RetryBudget.builder().ratio(0.5).burst(1).build())
                  .build();
          clock.run(
              () -> {
                for (int i = 0; i < 5; i++) {
                  try (var ctx = background.withTimeout(ofMillis(1 + random.nextInt(200)))) {
                    if (random.nextInt(4) == 0) {
                      clock.start(
                          "leaves",
                          () -> {
                            background.sleep(ofMillis(random.nextInt(100)));
                            ctx.cancel();
                          });
                    }
                    Mode mode = random.nextBoolean() ? Mode.BLOCKING : Mode.ASYNC;
                    try {
                      mode.call(
                          Resilience.of(hedge),
                          ctx,
                          c -> {
                            inside.incrementAndGet();
                            c.onDone(inside::decrementAndGet);
                            int millis = random.nextInt(150);
                            return random.nextInt(3) == 0
                                ? bad(millis, new IOException("refused"))
                                : good(millis, "answer");
                          });
                    } catch (IOException | ContextException e) {
                      // As good as any.
                    }
                    assertThat(ContextProbe.waiters(ctx)).as("listeners").isZero();
                    assertThat(ctx.deadline().orElseThrow().timeLeft().isNegative()).isFalse();
                  }
                }
                return null;
              });
          assertThat(inside).as("attempts whose context lives").hasValue(0);
          assertThat(clock.pendingTimers()).as("timers").isZero();
        });
  }

  @Test
  void refuses_bad_settings() {
    assertThatThrownBy(() -> Hedge.after(Duration.ZERO)).hasMessage("delay: 0 s (expected: > 0)");
    assertThatThrownBy(() -> Hedge.builder().maxHedges(0))
        .hasMessage("maxHedges: 0 (expected: 1 to 1000)");
    assertThatThrownBy(() -> Hedge.builder().percentile(1))
        .hasMessage("percentile: 1.0 (expected: > 0 and < 1)");
  }
}
