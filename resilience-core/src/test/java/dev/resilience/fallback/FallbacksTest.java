package dev.resilience.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class FallbacksTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Resilience stack = Resilience.of();
  private final IOException refused = new IOException("refused");

  private static <T> Call<T, Exception> failing(Exception failure) {
    return c -> {
      throw failure;
    };
  }

  /** An answer of the kind that suits the way: blocking, or a stage that comes after a delay. */
  private static Fallbacks<String> slow(Way way, Duration time) {
    return way == Way.ASYNC
        ? Fallbacks.onAnyAsync((c, e) -> c.delay(time).thenApply(n -> "slow"))
        : Fallbacks.onAny(
            (c, e) -> {
              c.sleep(time);
              return "slow";
            });
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new CircuitOpenException("payments", SECOND), "open", "rejected"),
        Arguments.of(new ConcurrencyLimitExceededException("10"), "rejected", "rejected"),
        Arguments.of(new NoTimeLeftException("1 ms"), "rejected", "timeout"),
        Arguments.of(new AttemptTimeoutException("limit", SECOND), "timeout", "timeout"),
        Arguments.of(new FileNotFoundException("a"), "io", "io"),
        Arguments.of(new IllegalStateException("broken"), "none", "none"));
  }

  @Nested
  class The_first_answer_that_is_meant_for_a_failure {

    @ParameterizedTest
    @MethodSource("dev.resilience.fallback.FallbacksTest#failures")
    void is_given(Exception failure, String narrowFirst, String wideFirst) throws Exception {
      Fallbacks<String> open = Fallbacks.onOpenCircuit((c, e) -> "open");
      Fallbacks<String> rejected = Fallbacks.onRejection((c, e) -> "rejected");
      Fallbacks<String> timeout = Fallbacks.onTimeout((c, e) -> "timeout");
      Fallbacks<String> io = Fallbacks.onFailure(IOException.class, (c, e) -> "io");
      for (Way way : new Way[] {Way.PLATFORM_THREAD, Way.ASYNC}) {
        way.play(
            bench -> {
              assertThat(
                      bench.call(
                          stack.withFallback(
                              open.or(rejected).or(timeout).or(io).otherwise("none")),
                          bench.caller,
                          failing(failure)))
                  .isEqualTo(narrowFirst);
              assertThat(
                      bench.call(
                          stack.withFallback(
                              timeout.or(io).or(rejected).or(open).otherwise("none")),
                          bench.caller,
                          failing(failure)))
                  .isEqualTo(wideFirst);
              assertNothingIsLeft(bench);
            });
      }
    }

    @ParameterizedTest
    @EnumSource
    void is_not_asked_after_a_success(Way way) throws Exception {
      way.play(
          bench ->
              assertThat(
                      bench.call(
                          stack.withFallback(Fallbacks.ofValue("other")),
                          bench.caller,
                          c -> "result"))
                  .isEqualTo("result"));
    }

    @ParameterizedTest
    @EnumSource
    void gets_the_failure_and_the_callers_values(Way way) throws Exception {
      way.play(
          bench ->
              assertThat(
                      bench.call(
                          stack.withFallback(
                              Fallbacks.<String>onAny((c, e) -> c.name() + ": " + e.getMessage())),
                          bench.caller.withName("order 7"),
                          failing(refused)))
                  .isEqualTo("order 7: refused"));
    }

    @ParameterizedTest
    @EnumSource
    void is_none_then_the_failure_comes_out_as_it_was(Way way) throws Exception {
      way.play(
          bench -> {
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack.withFallback(Fallbacks.onOpenCircuit((c, e) -> "open")),
                            bench.caller,
                            failing(refused)))
                .isSameAs(refused);
            assertThat(refused.getSuppressed()).isEmpty();
          });
    }

    @Test
    void is_told_to_the_listener() throws Exception {
      List<PolicyEvent> events = new ArrayList<>();
      Fallbacks<String> stale =
          Fallbacks.<String>onAny((c, e) -> "stale").named("stale").listener(events::add);
      for (Way way : new Way[] {Way.PLATFORM_THREAD, Way.ASYNC}) {
        way.play(bench -> bench.call(stack.withFallback(stale), bench.caller, failing(refused)));
      }
      PolicyEvent told =
          new PolicyEvent.FallbackAnswered("stale", "stale", Verdict.FAILURE, refused);
      assertThat(events).containsExactly(told, told);
    }
  }

  @Nested
  class After_the_callers_deadline {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void an_answer_has_time_of_its_own(Way way) throws Exception {
      way.play(
          bench -> {
            CancellableContext late = bench.caller.withTimeout(SECOND);
            CompletionStage<String> never = new CompletableFuture<>();
            Fallbacks<String> fallback = slow(way, Duration.ofMillis(500));
            String answer =
                way == Way.ASYNC
                    ? bench.await(stack.withFallback(fallback).callAsync(late, c -> never))
                    : stack.withFallback(fallback).call(late, bench::waitForEver);
            assertThat(answer).isEqualTo("slow");
            assertThat(bench.elapsed()).isEqualTo(Duration.ofMillis(1500));
            assertThat(late.error()).isInstanceOf(DeadlineExceededException.class);
            late.close();
            assertNothingIsLeft(bench);
          });
    }

    @ParameterizedTest
    @EnumSource
    void that_had_passed_before_an_answer_is_given_without_asking_the_work(Way way)
        throws Exception {
      List<PolicyEvent> events = new ArrayList<>();
      way.play(
          bench -> {
            Fallbacks<String> fallback =
                Fallbacks.<String>onTimeout((c, e) -> "timeout").listener(events::add);
            assertThat(
                    bench.call(
                        stack.withFallback(fallback),
                        bench.caller.withTimeout(Duration.ZERO),
                        c -> {
                          throw new AssertionError("begun");
                        }))
                .isEqualTo("timeout");
            assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                    PolicyEvent.FallbackAnswered.class,
                    told ->
                        assertThat(told.verdict())
                            .isEqualTo(Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH));
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void a_cancel_still_ends_the_answer(Way way) throws Exception {
      way.play(
          bench -> {
            CancellableContext late = bench.caller.withTimeout(Duration.ZERO);
            bench.cancelMeanwhile();
            Throwable thrown =
                catchThrowable(
                    () ->
                        bench.call(
                            stack.withFallback(
                                slow(way, Duration.ofHours(1))
                                    .within(Duration.ofHours(2))
                                    .otherwise("none")),
                            late,
                            failing(refused)));
            assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
            assertThat(thrown.getSuppressed())
                .singleElement()
                .isInstanceOf(ContextCancelledException.class);
            assertThat(bench.elapsed()).isEqualTo(SECOND);
            late.close();
            assertNothingIsLeft(bench);
          });
    }
  }

  @Nested
  class No_answer_is_asked {

    @ParameterizedTest
    @EnumSource
    void when_the_caller_had_cancelled(Way way) throws Exception {
      way.play(
          bench -> {
            bench.caller.cancel(CancelReason.USER);
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack.withFallback(Fallbacks.ofValue("other")),
                            bench.caller,
                            c -> "result"))
                .isInstanceOf(ContextCancelledException.class);
          });
    }

    @ParameterizedTest
    @EnumSource
    void when_the_caller_cancels_during_the_call(Way way) throws Exception {
      way.play(
          bench ->
              assertThatThrownBy(
                      () ->
                          bench.call(
                              stack.withFallback(Fallbacks.ofValue("other")),
                              bench.caller,
                              c -> {
                                bench.caller.cancel();
                                throw refused;
                              }))
                  .isInstanceOf(ContextCancelledException.class)
                  .satisfies(end -> assertThat(end.getSuppressed()).contains(refused)));
    }

    @Test
    void when_the_future_is_cancelled() throws Exception {
      Way.ASYNC.play(
          bench -> {
            AtomicBoolean asked = new AtomicBoolean();
            Fallbacks<String> fallback =
                Fallbacks.onAnyAsync(
                    (c, e) -> {
                      asked.set(true);
                      return CompletableFuture.completedFuture("other");
                    });
            stack
                .withFallback(fallback)
                .callAsync(bench.caller, c -> new CompletableFuture<>())
                .toCompletableFuture()
                .cancel(true);
            assertThat(asked).isFalse();
            assertNothingIsLeft(bench);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
    void when_the_thread_was_interrupted_from_outside(Way way) throws Exception {
      way.play(
          bench -> {
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack.withFallback(Fallbacks.ofValue("other")),
                            bench.caller,
                            failing(new InterruptedException())))
                .isInstanceOf(CallInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
          });
    }

    @ParameterizedTest
    @EnumSource
    void for_an_error(Way way) throws Exception {
      way.play(
          bench -> {
            Error error = new StackOverflowError();
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack.withFallback(Fallbacks.ofValue("other")),
                            bench.caller,
                            c -> {
                              throw error;
                            }))
                .isSameAs(error);
          });
    }

    @ParameterizedTest
    @EnumSource
    void where_a_classifier_says_that_the_failure_is_an_answer(Way way) throws Exception {
      Classifier answers =
          Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.SUCCESS);
      way.play(
          bench ->
              assertThatThrownBy(
                      () ->
                          bench.call(
                              stack.withFallback(Fallbacks.ofValue("other")).judgedBy(answers),
                              bench.caller,
                              failing(refused)))
                  .isSameAs(refused));
    }
  }

  @Nested
  class An_answer_that_fails {

    @ParameterizedTest
    @EnumSource
    void gives_way_to_the_next(Way way) throws Exception {
      way.play(
          bench ->
              assertThat(
                      bench.call(
                          stack.withFallback(
                              Fallbacks.<String>onAny(
                                      (c, e) -> {
                                        throw new IllegalStateException("cache down");
                                      })
                                  .otherwise("none")),
                          bench.caller,
                          failing(refused)))
                  .isEqualTo("none"));
    }

    @ParameterizedTest
    @EnumSource
    void leaves_the_original_failure_with_all_others_suppressed(Way way) throws Exception {
      Exception first = new IllegalStateException("cache down");
      Exception second = new FileNotFoundException("no default");
      Fallbacks<String> fallback =
          Fallbacks.<String>onAny(
                  (c, e) -> {
                    throw first;
                  })
              .or(
                  Fallbacks.onAny(
                      (c, e) -> {
                        throw second;
                      }));
      way.play(
          bench -> {
            Throwable thrown =
                catchThrowable(
                    () -> bench.call(stack.withFallback(fallback), bench.caller, failing(refused)));
            assertThat(thrown).isSameAs(refused);
            assertThat(thrown.getSuppressed()).containsExactly(first, second);
            assertNothingIsLeft(bench);
          });
    }

    @ParameterizedTest
    @EnumSource
    void with_the_failure_itself_leaves_that_alone(Way way) throws Exception {
      way.play(
          bench -> {
            Throwable thrown =
                catchThrowable(
                    () ->
                        bench.call(
                            stack.withFallback(
                                Fallbacks.<String, IOException>onFailure(
                                    IOException.class,
                                    (c, e) -> {
                                      throw e;
                                    })),
                            bench.caller,
                            failing(refused)));
            assertThat(thrown).isSameAs(refused);
            assertThat(thrown.getSuppressed()).isEmpty();
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void to_come_within_its_limit_is_stopped_then_and_each_has_a_limit_of_its_own(Way way)
        throws Exception {
      Duration limit = Duration.ofMillis(100);
      way.play(
          bench -> {
            Duration tooLong = SECOND.plus(limit);
            Fallbacks<String> fallback =
                slow(way, tooLong).or(slow(way, tooLong)).within(limit).or(slow(way, tooLong));
            assertThatThrownBy(
                    () -> bench.call(stack.withFallback(fallback), bench.caller, failing(refused)))
                .isSameAs(refused);
            assertThat(bench.elapsed()).isEqualTo(limit.multipliedBy(2).plus(SECOND));
            assertThat(refused.getSuppressed())
                .hasSize(3)
                .allSatisfy(e -> assertThat(e).isInstanceOf(AttemptTimeoutException.class));
            assertThat(refused.getSuppressed()[0]).hasMessage("fallback: no answer within 100 ms");
            assertNothingIsLeft(bench);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
    void by_an_interrupt_from_outside_keeps_the_interrupt(Way way) throws Exception {
      way.play(
          bench -> {
            Thread worker = Thread.currentThread();
            bench.meanwhile(worker::interrupt);
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack.withFallback(
                                Fallbacks.<String>onAny((c, e) -> bench.waitForEver(c))
                                    .within(Duration.ofHours(1))
                                    .otherwise("none")),
                            bench.caller,
                            failing(refused)))
                .isSameAs(refused)
                .satisfies(
                    thrown ->
                        assertThat(thrown.getSuppressed())
                            .singleElement()
                            .isInstanceOf(CallInterruptedException.class));
            assertThat(Thread.interrupted()).isTrue();
          });
    }
  }

  @Nested
  class Answers_of_the_other_kind {

    @Test
    void a_blocking_one_does_not_block_an_asynchronous_caller() throws Exception {
      Way.ASYNC.play(
          bench -> {
            AtomicReference<Thread> answering = new AtomicReference<>();
            Fallbacks<String> fallback =
                Fallbacks.onAny(
                    (c, e) -> {
                      answering.set(Thread.currentThread());
                      c.sleep(Duration.ofMillis(500));
                      return "slow";
                    });
            CompletionStage<String> stage =
                stack
                    .withFallback(fallback)
                    .callAsync(bench.caller, c -> CompletableFuture.failedFuture(refused));
            assertThat(bench.elapsed()).isZero();
            assertThat(bench.<String>await(stage)).isEqualTo("slow");
            assertThat(answering.get()).isNotSameAs(Thread.currentThread());
            assertNothingIsLeft(bench);
          });
    }

    @Test
    void an_asynchronous_one_is_waited_for_by_a_blocking_caller() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            assertThat(
                    stack
                        .withFallback(slow(Way.ASYNC, Duration.ofMillis(500)))
                        .call(bench.caller, failing(refused)))
                .isEqualTo("slow");
            assertThat(bench.elapsed()).isEqualTo(Duration.ofMillis(500));
            assertNothingIsLeft(bench);
          });
    }

    @Test
    void a_null_stage_and_a_throw_are_failures_of_the_answer() throws Exception {
      Way.ASYNC.play(
          bench -> {
            Fallbacks<String> fallback =
                Fallbacks.<String>onAnyAsync((c, e) -> null)
                    .or(
                        Fallbacks.onAnyAsync(
                            (c, e) -> {
                              throw new IOException("down");
                            }))
                    .otherwise("none");
            assertThat(bench.call(stack.withFallback(fallback), bench.caller, failing(refused)))
                .isEqualTo("none");
          });
    }
  }

  @Test
  void a_run_counts_as_done_when_a_fallback_answers() throws Exception {
    AtomicBoolean asked = new AtomicBoolean();
    stack
        .withFallback(
            Fallbacks.onAny(
                (c, e) -> {
                  asked.set(true);
                  return "other";
                }))
        .run(
            Context.background(),
            c -> {
              throw refused;
            });
    assertThat(asked).isTrue();
  }

  @Test
  void a_limit_that_is_none_is_refused() {
    assertThatThrownBy(() -> Fallbacks.ofValue("a").within(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("limit: 0 s (expected: > 0)");
  }

  private static void assertNothingIsLeft(Bench bench) {
    assertThat(ContextProbe.waiters(bench.caller)).isZero();
    assertThat(bench.pendingTimers()).isZero();
  }
}
