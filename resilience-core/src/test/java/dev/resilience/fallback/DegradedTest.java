package dev.resilience.fallback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Degraded;
import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.BadResultException;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.FallbackAnswer;
import dev.resilience.policy.Verdict;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a caller learns of a result that is not the real one, and results that are not good. */
class DegradedTest {

  private record Quote(int price, Instant when) {}

  private static final Classifier NEGATIVE_IS_BAD =
      Classifier.ofDefaults()
          .onResult(Integer.class, n -> n < 0 ? Verdict.FAILURE : Verdict.SUCCESS);

  private final Resilience stack = Resilience.of();
  private final IOException refused = new IOException("refused");
  private final CircuitOpenException open =
      new CircuitOpenException("payments", Duration.ofSeconds(1));

  private static <T> Degraded<T> ask(
      Bench bench, WithFallback<T> stack, Call<T, ? extends Exception> work) throws Exception {
    if (bench.way() != Way.ASYNC) {
      return stack.callDegradable(bench.caller, work);
    }
    return bench.await(
        stack.callDegradableAsync(
            bench.caller, c -> CompletableFuture.completedFuture(work.call(c))));
  }

  private static <T> Call<T, Exception> failing(Exception failure) {
    return c -> {
      throw failure;
    };
  }

  @Nested
  class A_result_of_the_work_itself {

    @ParameterizedTest
    @EnumSource
    void is_not_degraded(Way way) throws Exception {
      way.play(
          bench -> {
            Degraded<String> result =
                ask(bench, stack.withFallback(Fallbacks.ofValue("none")), c -> "real");
            assertThat(result.value()).isEqualTo("real");
            assertThat(result.isDegraded()).isFalse();
            assertThat(result.fallback()).isEmpty();
            assertThat(result.failure()).isEmpty();
            assertThat(result.verdict()).isEmpty();
            assertThat(result.age()).isEmpty();
            assertThat(result).hasToString("not degraded");
          });
    }
  }

  @Nested
  class A_degraded_result {

    @ParameterizedTest
    @EnumSource
    void says_which_answer_it_is_and_why(Way way) throws Exception {
      Fallbacks<String> fallbacks =
          Fallbacks.<String>onOpenCircuit((c, e) -> "kept")
              .named("stale")
              .or(Fallbacks.onTimeout((c, e) -> "guess"))
              .or(Fallbacks.onFailure(IOException.class, (c, e) -> "io"))
              .otherwise("none")
              .named("quotes");
      way.play(
          bench -> {
            Degraded<String> kept = ask(bench, stack.withFallback(fallbacks), failing(open));
            assertThat(kept.value()).isEqualTo("kept");
            assertThat(kept.isDegraded()).isTrue();
            assertThat(kept.fallback()).contains("stale");
            assertThat(kept.verdict()).contains(Verdict.REJECTED);
            assertThat(kept.failure()).containsSame(open);
            assertThat(kept.age()).isEmpty();
            assertThat(kept).hasToString("degraded: 'stale' for REJECTED");

            assertThat(ask(bench, stack.withFallback(fallbacks), failing(refused)).fallback())
                .contains("IOException");
            assertThat(
                    ask(
                            bench,
                            stack.withFallback(fallbacks),
                            failing(new IllegalStateException("broken")))
                        .fallback())
                .contains("value");
          });
    }

    @ParameterizedTest
    @EnumSource
    void has_the_failures_of_the_answers_before_it_with_the_failure(Way way) throws Exception {
      Exception second = new IllegalStateException("cache down");
      Exception third = new IllegalStateException("disk full");
      Fallbacks<String> fallbacks =
          Fallbacks.<String>onAny(DegradedTest.<String>throwing(second))
              .or(Fallbacks.onAny(DegradedTest.<String>throwing(third)))
              .otherwise("none");
      way.play(
          bench -> {
            Degraded<String> none =
                ask(bench, stack.withFallback(fallbacks), failing(new IOException("a")));
            assertThat(none.value()).isEqualTo("none");
            assertThat(none.failure().orElseThrow().getSuppressed()).containsExactly(second, third);
          });
    }

    @Test
    void says_how_old_it_is_where_the_answer_tells() throws Exception {
      for (Way way : new Way[] {Way.PLATFORM_THREAD, Way.ASYNC}) {
        way.play(
            bench -> {
              Instant then = bench.root.timeSource().instant();
              Fallbacks<Quote> fallbacks =
                  Fallbacks.onOpenCircuit((c, e) -> new Quote(7, then))
                      .asOf(Quote::when)
                      .or(Fallbacks.onAny((c, e) -> new Quote(8, then.plusSeconds(60))))
                      .asOf(quote -> quote.price() == 7 ? quote.when() : null);
              bench.root.sleep(Duration.ofSeconds(90));
              Degraded<Quote> quote = ask(bench, stack.withFallback(fallbacks), failing(open));
              assertThat(quote.age()).contains(Duration.ofSeconds(90));
              assertThat(quote).hasToString("degraded: 'open circuit' for REJECTED, 90 s old");
              assertThat(ask(bench, stack.withFallback(fallbacks), failing(refused)).age())
                  .isEmpty();
            });
      }
    }

    @Test
    void is_of_now_where_the_clock_was_set_back() throws Exception {
      Fallbacks<Quote> fallbacks =
          Fallbacks.<Quote>onAny((c, e) -> new Quote(7, c.timeSource().instant().plusSeconds(5)))
              .asOf(Quote::when);
      Way.PLATFORM_THREAD.play(
          bench ->
              assertThat(ask(bench, stack.withFallback(fallbacks), failing(refused)).age())
                  .contains(Duration.ZERO));
    }

    @ParameterizedTest
    @EnumSource
    void is_none_then_the_failure_comes_out_as_it_was(Way way) throws Exception {
      way.play(
          bench ->
              assertThatThrownBy(
                      () ->
                          ask(
                              bench,
                              stack.withFallback(Fallbacks.onOpenCircuit((c, e) -> "kept")),
                              failing(refused)))
                  .isSameAs(refused));
    }

    @Test
    void cannot_be_older_than_it_is() {
      FallbackAnswer<String> answer = FallbackAnswer.of("stale", "kept");
      assertThatThrownBy(() -> answer.withAge(Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("age: -1 s (expected: >= 0)");
    }
  }

  @Nested
  class A_bad_result {

    private final WithFallback<Integer> guarded =
        stack
            .withFallback(Fallbacks.<Integer>onBadResult((c, e) -> -(Integer) e.result()))
            .judgedBy(NEGATIVE_IS_BAD);

    @ParameterizedTest
    @EnumSource
    void goes_to_the_fallback(Way way) throws Exception {
      way.play(
          bench -> {
            assertThat(bench.call(guarded, bench.caller, c -> -3)).isEqualTo(3);
            assertThat(bench.call(guarded, bench.caller, c -> 4)).isEqualTo(4);
            Degraded<Integer> answer = ask(bench, guarded, c -> -3);
            assertThat(answer.value()).isEqualTo(3);
            assertThat(answer.fallback()).contains("bad result");
            assertThat(answer.verdict()).contains(Verdict.FAILURE);
            assertThat(answer.failure())
                .get()
                .isInstanceOf(BadResultException.class)
                .extracting(Throwable::getMessage)
                .isEqualTo("a result of java.lang.Integer that was judged FAILURE");
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_what_a_constant_is_for_too_and_no_exception_of_a_wider_type(Way way) throws Exception {
      Fallbacks<Integer> wide =
          Fallbacks.<Integer, RuntimeException>onFailure(RuntimeException.class, (c, e) -> 1);
      way.play(
          bench -> {
            assertThat(
                    bench.call(
                        stack.withFallback(wide.otherwise(2)).judgedBy(NEGATIVE_IS_BAD),
                        bench.caller,
                        c -> -3))
                .isEqualTo(2);
            assertThat(
                    bench.call(
                        stack
                            .withFallback(Fallbacks.<Integer>onAny((c, e) -> 5))
                            .judgedBy(NEGATIVE_IS_BAD),
                        bench.caller,
                        c -> -3))
                .isEqualTo(5);
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_returned_as_it_was_where_no_answer_is_meant_for_it(Way way) throws Exception {
      way.play(
          bench -> {
            WithFallback<Integer> other =
                stack
                    .withFallback(Fallbacks.<Integer>onOpenCircuit((c, e) -> 0))
                    .judgedBy(NEGATIVE_IS_BAD);
            assertThat(bench.call(other, bench.caller, c -> -3)).isEqualTo(-3);
            assertThat(ask(bench, other, c -> -3).isDegraded()).isFalse();
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_returned_as_it_was_where_the_answer_fails_and_the_listener_hears_why(Way way)
        throws Exception {
      List<PolicyEvent> events = new ArrayList<>();
      Fallbacks<Integer> failing =
          Fallbacks.<Integer>onAny(throwing(refused)).named("broken").listener(events::add);
      way.play(
          bench ->
              assertThat(
                      bench.call(
                          stack.withFallback(failing).judgedBy(NEGATIVE_IS_BAD),
                          bench.caller,
                          c -> -3))
                  .isEqualTo(-3));
      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              PolicyEvent.FallbackFailed.class,
              told -> {
                assertThat(told.policy()).isEqualTo("broken");
                assertThat(told.last()).isSameAs(refused);
                assertThat(told.failure()).isInstanceOf(BadResultException.class);
              });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
    void is_returned_as_it_was_to_a_caller_who_has_cancelled(Way way) throws Exception {
      way.play(
          bench ->
              assertThat(
                      bench.call(
                          guarded,
                          bench.caller,
                          c -> {
                            bench.caller.cancel(CancelReason.USER);
                            return -3;
                          }))
                  .isEqualTo(-3));
    }

    @ParameterizedTest
    @EnumSource
    void is_tried_again_first_where_a_retry_judges_it_alike(Way way) throws Exception {
      AtomicInteger calls = new AtomicInteger();
      Retry retry =
          Retry.builder()
              .maxAttempts(3)
              .backoff(Backoff.none())
              .classifier(NEGATIVE_IS_BAD)
              .build();
      way.play(
          bench -> {
            calls.set(0);
            assertThat(
                    bench.call(
                        Resilience.of(retry)
                            .withFallback(Fallbacks.ofValue(0))
                            .judgedBy(NEGATIVE_IS_BAD),
                        bench.caller,
                        c -> -calls.incrementAndGet()))
                .isZero();
            assertThat(calls).hasValue(3);
          });
    }

    @Test
    void is_not_known_where_the_rule_fails() {
      Classifier broken =
          Classifier.ofDefaults()
              .onResult(
                  Integer.class,
                  n -> {
                    throw new IllegalStateException("broken rule");
                  });
      int result =
          stack
              .withFallback(Fallbacks.ofValue(0))
              .judgedBy(broken)
              .call(Context.background(), c -> -3);
      assertThat(result).isEqualTo(-3);
    }
  }

  private static <T> FallbackFunction<T, Throwable> throwing(Exception failure) {
    return (c, e) -> {
      throw failure;
    };
  }
}
