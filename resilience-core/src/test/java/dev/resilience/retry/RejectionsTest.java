package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.failsafe.RetryPolicy;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Criticality;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Attempts that never reached the dependency, and servers that say when to come back. */
class RejectionsTest {

  /** What a server says that has too much to do. */
  private static final class BusyException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    BusyException(Duration retryAfter) {
      super("503");
      this.retryAfter = retryAfter;
    }
  }

  private static Stream<Arguments> hostileTimes() {
    return Arrays.stream(CallMode.values())
        .flatMap(
            mode ->
                Stream.of(ofSeconds(61), ofSeconds(Long.MAX_VALUE))
                    .map(told -> Arguments.of(mode, told)));
  }

  private record Response(int status, Duration retryAfter) {}

  private static final Backoff JITTERED = Backoff.constant(ofSeconds(50)).withFullJitter();

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger tries = new AtomicInteger();
  private final List<PolicyEvent> events = new ArrayList<>();

  private Retry.Builder retry() {
    return Retry.builder()
        .waitForOpenCircuit()
        .backoff(Backoff.constant(ofSeconds(10)))
        .listener(events::add);
  }

  private Throwable failure(CallMode mode, Retry retry, Context ctx, Call<?, Exception> work)
      throws Exception {
    return time.run(() -> catchThrowable(() -> mode.call(Resilience.of(retry), ctx, work)));
  }

  private Call<Object, Exception> failing(Exception failure) {
    return c -> {
      tries.incrementAndGet();
      throw failure;
    };
  }

  private static String stopped(Throwable failure) {
    return CallReport.from(failure).orElseThrow().stopped();
  }

  private Duration delay() {
    return events.stream()
        .filter(PolicyEvent.RetryScheduled.class::isInstance)
        .map(event -> ((PolicyEvent.RetryScheduled) event).delay())
        .findFirst()
        .orElseThrow();
  }

  @Nested
  class A_rejection_inside {

    private final CircuitOpenException open = new CircuitOpenException("payments", ofMillis(700));

    @ParameterizedTest
    @EnumSource
    void uses_up_no_attempt(CallMode mode) throws Exception {
      Throwable failure =
          failure(
              mode,
              retry().maxAttempts(2).build(),
              root,
              c -> {
                throw tries.incrementAndGet() % 3 == 0 ? new IOException("down") : open;
              });

      // Two rejections before each of the two attempts.
      assertThat(tries).hasValue(6);
      assertThat(time.elapsed()).isEqualTo(ofMillis(4 * 700).plusSeconds(10));
      assertThat(stopped(failure)).isEqualTo("all 2 attempts are used");
    }

    @ParameterizedTest
    @EnumSource
    void is_waited_for_a_number_of_times(CallMode mode) throws Exception {
      Throwable failure = failure(mode, retry().maxRejections(2).build(), root, failing(open));

      assertThat(failure).isSameAs(open);
      assertThat(tries).hasValue(3);
      assertThat(stopped(failure)).isEqualTo("rejected 3 times");
    }

    @ParameterizedTest
    @EnumSource
    void is_waited_for_ten_times_by_default(CallMode mode) throws Exception {
      failure(mode, retry().build(), root, failing(open));

      assertThat(tries).hasValue(11);
    }

    @ParameterizedTest
    @EnumSource
    void ends_the_call_where_nothing_is_to_be_tried_again(CallMode mode) throws Exception {
      for (Retry once : List.of(retry().maxAttempts(1).build(), retry().maxRejections(0).build())) {
        tries.set(0);
        Throwable failure = failure(mode, once, root, failing(open));

        assertThat(tries).hasValue(1);
        assertThat(stopped(failure)).isEqualTo("rejected, and not to be tried again");
      }
    }

    @ParameterizedTest
    @EnumSource
    void holds_one_token_of_the_budget_however_often_it_comes(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(2).build();

      failure(mode, retry().budget(budget).build(), root, failing(open));

      assertThat(tries).hasValue(11);
      assertThat(budget.available()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void is_not_waited_for_where_the_budget_is_used_up(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().ratio(0).minimumPerSecond(0).burst(1).build();
      budget.tryAcquire(root, RetryBudget.Reason.FAILURE);

      Throwable failure = failure(mode, retry().budget(budget).build(), root, failing(open));

      assertThat(tries).hasValue(1);
      assertThat(stopped(failure)).isEqualTo("the retry budget is used up");
    }

    @ParameterizedTest
    @EnumSource
    void without_a_time_waits_by_the_back_off(CallMode mode) throws Exception {
      failure(
          mode,
          retry().maxRejections(2).build(),
          root,
          failing(new ConcurrencyLimitExceededException("10 calls")));

      assertThat(time.elapsed()).isEqualTo(ofSeconds(20));
    }

    @ParameterizedTest
    @EnumSource
    void counts_as_an_attempt_for_a_policy_of_failsafes(CallMode mode) throws Exception {
      Retry adopted = Retry.of(RetryPolicy.builder().withMaxAttempts(3).build());

      failure(mode, adopted, root, failing(open));

      assertThat(tries).hasValue(3);
      assertThat(time.elapsed()).isEqualTo(ofMillis(1400));
    }
  }

  @Nested
  class An_open_circuit {

    private final CircuitOpenException open = new CircuitOpenException("payments", ofMillis(700));

    @ParameterizedTest
    @EnumSource
    void ends_the_call_at_once(CallMode mode) throws Exception {
      Throwable failure = failure(mode, Retry.ofDefaults(), root, failing(open));

      assertThat(failure).isSameAs(open);
      assertThat(tries).hasValue(1);
      assertThat(time.elapsed()).isEqualTo(Duration.ZERO);
      assertThat(stopped(failure)).isEqualTo("the circuit is open");
    }

    /** Half-open, with all probes under way: nobody knows when they return. */
    @ParameterizedTest
    @EnumSource
    void that_does_not_know_when_is_waited_for_by_the_back_off(CallMode mode) throws Exception {
      Throwable failure =
          failure(
              mode,
              retry().maxRejections(2).build(),
              root,
              failing(new CircuitOpenException("payments")));

      assertThat(stopped(failure)).isEqualTo("rejected 3 times");
      assertThat(time.elapsed()).isEqualTo(ofSeconds(20));
    }
  }

  @Nested
  class A_server_that_refuses_before_it_works {

    private final IOException refused = new IOException("503");
    private final Classifier http =
        Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.REJECTED);

    @ParameterizedTest
    @EnumSource
    void uses_up_no_attempt(CallMode mode) throws Exception {
      failure(mode, retry().classifier(http).maxRejections(4).build(), root, failing(refused));

      assertThat(tries).hasValue(5);
    }

    @ParameterizedTest
    @EnumSource
    void was_asked_all_the_same_which_is_dear(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().minimumPerSecond(0).overloadCost(5).burst(12).build();

      Throwable failure =
          failure(mode, retry().classifier(http).budget(budget).build(), root, failing(refused));

      assertThat(tries).hasValue(3);
      assertThat(budget.available()).isEqualTo(2);
      assertThat(stopped(failure)).isEqualTo("the retry budget is used up");
    }
  }

  @Nested
  class Under_pressure {

    private final IOException down = new IOException("down");

    @ParameterizedTest
    @EnumSource
    void of_a_limit_that_shrinks_there_are_no_retries(CallMode mode) throws Exception {
      Retry retry = retry().build();
      retry.limitListener().on(new PolicyEvent.ConcurrencyLimitChanged("payments", 20, 10));

      Throwable failure = failure(mode, retry, root, failing(down));

      assertThat(tries).hasValue(1);
      assertThat(stopped(failure)).isEqualTo("the concurrency limit shrinks");
    }

    @ParameterizedTest
    @EnumSource
    void what_is_sheddable_leaves_half_of_the_budget_to_the_rest(CallMode mode) throws Exception {
      var budget = RetryBudget.builder().minimumPerSecond(0).burst(4).build();
      Retry retry = retry().maxAttempts(10).budget(budget).build();

      Throwable failure = failure(mode, retry, Criticality.SHEDDABLE.in(root), failing(down));

      assertThat(tries).hasValue(3);
      assertThat(stopped(failure))
          .isEqualTo("what is left of the retry budget is not for what is sheddable");
    }
  }

  @Nested
  class The_time_that_was_told {

    @ParameterizedTest
    @MethodSource("dev.resilience.retry.RejectionsTest#hostileTimes")
    void is_not_worth_waiting_for_where_it_is_too_long(CallMode mode, Duration told)
        throws Exception {
      BusyException busy = new BusyException(told);
      Throwable failure =
          failure(
              mode,
              Retry.builder()
                  .retryAfter(BusyException.class, e -> Optional.of(e.retryAfter))
                  .build(),
              root,
              failing(busy));

      assertThat(failure).isSameAs(busy);
      assertThat(tries).hasValue(1);
      assertThat(time.elapsed()).isEqualTo(Duration.ZERO);
      assertThat(stopped(failure)).startsWith("told to come back in ").endsWith("than 60 s");
    }

    /** As long as the user wants it: the arithmetic saturates. */
    @ParameterizedTest
    @EnumSource
    void may_be_as_long_as_the_user_allows(CallMode mode) throws Exception {
      Duration forEver = ofSeconds(Long.MAX_VALUE);
      var caller = root.withCancel();
      Throwable failure =
          time.run(
              () -> {
                time.start(
                    "leaves",
                    () -> {
                      root.sleep(ofSeconds(3));
                      caller.cancel();
                    });
                return catchThrowable(
                    () ->
                        mode.call(
                            Resilience.of(
                                Retry.builder()
                                    .maxRetryAfter(forEver)
                                    .retryAfter(IOException.class, e -> Optional.of(forEver))
                                    .build()),
                            caller,
                            failing(new IOException("busy"))));
              });

      assertThat(failure).isInstanceOf(ContextCancelledException.class);
      assertThat(CallReport.from(failure).orElseThrow().toTree()).contains("waited ");
    }

    @ParameterizedTest
    @EnumSource
    void of_less_than_nothing_is_left_to_the_back_off(CallMode mode) throws Exception {
      failure(
          mode,
          retry()
              .maxAttempts(2)
              .retryAfter(IOException.class, e -> Optional.of(ofSeconds(Long.MIN_VALUE)))
              .build(),
          root,
          failing(new IOException("busy")));

      assertThat(time.elapsed()).isEqualTo(ofSeconds(10));
    }

    @ParameterizedTest
    @EnumSource
    void is_the_delay_where_the_back_off_has_no_jitter(CallMode mode) throws Exception {
      failure(
          mode,
          retry().maxRejections(2).build(),
          root,
          failing(new CircuitOpenException("payments", ofMillis(700))));

      assertThat(time.elapsed()).isEqualTo(ofMillis(1400));
    }

    @ParameterizedTest
    @EnumSource
    void is_never_cut_short_by_jitter_and_exceeded_by_a_tenth_at_most(CallMode mode)
        throws Exception {
      List<Duration> delays = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        events.clear();
        failure(
            mode,
            retry().backoff(JITTERED).maxRejections(1).build(),
            root,
            failing(new CircuitOpenException("payments", ofMillis(700))));
        delays.add(delay());
      }
      assertThat(delays)
          .allSatisfy(delay -> assertThat(delay).isBetween(ofMillis(700), ofMillis(770)));
      assertThat(delays).anySatisfy(delay -> assertThat(delay).isGreaterThan(ofMillis(750)));
      assertThat(delays).anySatisfy(delay -> assertThat(delay).isLessThan(ofMillis(720)));
    }

    @ParameterizedTest
    @EnumSource
    void goes_without_jitter_that_does_not_fit(CallMode mode) throws Exception {
      for (int i = 0; i < 50; i++) {
        tries.set(0);
        failure(
            mode,
            retry().backoff(JITTERED).maxRejections(1).build(),
            root.withTimeout(ofMillis(700).plusNanos(1)),
            failing(new CircuitOpenException("payments", ofMillis(700))));
        assertThat(tries).hasValue(2);
      }
    }

    @ParameterizedTest
    @EnumSource
    void is_no_end_of_the_story_where_only_the_jitter_does_not_fit(CallMode mode) throws Exception {
      List<String> reports = new ArrayList<>();
      Resilience stack =
          Resilience.of(retry().backoff(JITTERED).build())
              .withReports(report -> reports.add(report.toTree()));

      time.run(
          () ->
              mode.call(
                  stack,
                  root.withTimeout(ofMillis(700).plusNanos(1)),
                  c -> {
                    if (tries.incrementAndGet() == 1) {
                      throw new CircuitOpenException("payments", ofMillis(700));
                    }
                    return "well";
                  }));

      assertThat(reports).singleElement().asString().doesNotContain("no time left");
    }

    @ParameterizedTest
    @EnumSource
    void ends_the_call_at_once_where_it_does_not_fit(CallMode mode) throws Exception {
      Throwable failure =
          failure(
              mode,
              retry().backoff(Backoff.none()).build(),
              root.withTimeout(ofMillis(700)),
              failing(new CircuitOpenException("payments", ofMillis(700))));

      assertThat(tries).hasValue(1);
      assertThat(time.elapsed()).isZero();
      assertThat(stopped(failure)).isEqualTo("no time left: next attempt in 700 ms, 700 ms left");
    }

    @ParameterizedTest
    @EnumSource
    void is_read_from_any_exception_that_the_user_can_read(CallMode mode) throws Exception {
      Retry retry =
          retry()
              .backoff(JITTERED)
              .maxAttempts(2)
              .retryAfter(BusyException.class, e -> Optional.of(e.retryAfter))
              .build();

      failure(mode, retry, root, failing(new BusyException(ofSeconds(3))));

      assertThat(tries).hasValue(2);
      assertThat(delay()).isBetween(ofSeconds(3), ofMillis(3300));

      failure(
          mode, retry, root.withTimeout(ofSeconds(2)), failing(new BusyException(ofSeconds(3))));
      assertThat(tries).hasValue(3);
    }

    @ParameterizedTest
    @EnumSource
    void is_read_from_a_bad_result_as_well(CallMode mode) throws Exception {
      Retry retry =
          retry()
              .classifier(
                  Classifier.ofDefaults()
                      .onResult(
                          Response.class,
                          r -> r.status() == 503 ? Verdict.FAILURE : Verdict.SUCCESS))
              .retryAfter(Response.class, r -> Optional.ofNullable(r.retryAfter()))
              .build();

      Response answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry),
                      root,
                      c ->
                          tries.incrementAndGet() == 1
                              ? new Response(503, ofSeconds(3))
                              : new Response(200, null)));

      assertThat(answer.status()).isEqualTo(200);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(3));
    }

    @ParameterizedTest
    @EnumSource
    void of_nothing_or_zero_is_left_to_older_rules_and_the_back_off(CallMode mode)
        throws Exception {
      Retry retry =
          retry()
              .maxAttempts(2)
              .retryAfter(BusyException.class, e -> Optional.of(e.retryAfter))
              .retryAfter(Exception.class, e -> Optional.empty())
              .build();

      failure(mode, retry, root, failing(new BusyException(ofSeconds(3))));
      assertThat(time.elapsed()).isEqualTo(ofSeconds(3));

      failure(mode, retry, root, failing(new BusyException(Duration.ZERO)));
      assertThat(time.elapsed()).isEqualTo(ofSeconds(13));
    }

    @ParameterizedTest
    @EnumSource
    void comes_out_as_the_failure_of_the_rule_where_that_fails(CallMode mode) throws Exception {
      BusyException busy = new BusyException(ofSeconds(3));
      IllegalStateException broken = new IllegalStateException("broken rule");

      Throwable failure =
          failure(
              mode,
              retry()
                  .retryAfter(
                      BusyException.class,
                      e -> {
                        throw broken;
                      })
                  .build(),
              root,
              failing(busy));

      assertThat(failure).isSameAs(broken);
      assertThat(failure.getSuppressed()).containsExactly(busy);
    }
  }

  @Nested
  class Under_policies_of_ours {

    @ParameterizedTest
    @EnumSource
    void a_call_outlasts_an_open_circuit(CallMode mode) throws Exception {
      Breaker breaker =
          Breaker.builder("payments").window(2).minimumCalls(2).openFor(ofSeconds(5)).build();

      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(
                          retry().backoff(Backoff.constant(ofMillis(10))).build(), breaker),
                      root,
                      c -> {
                        if (tries.incrementAndGet() < 3) {
                          throw new IOException("down");
                        }
                        return "well";
                      }));

      assertThat(answer).isEqualTo("well");
      // The second failure opened the circuit; the rejection after it was no attempt.
      assertThat(tries).hasValue(3);
      assertThat(time.elapsed()).isEqualTo(ofMillis(10 + 10).plusMillis(4990));
    }

    @ParameterizedTest
    @EnumSource
    void a_call_waits_for_the_token_that_a_rate_limit_does_not_wait_for(CallMode mode)
        throws Exception {
      RateLimit limit =
          RateLimit.builder("mail").rate(1, ofSeconds(1)).burst(1).maxWait(Duration.ZERO).build();
      Resilience mail = Resilience.of(retry().maxAttempts(2).build(), limit);

      time.run(
          () -> {
            mode.call(mail, root, c -> "first");
            return mode.call(mail, root, c -> "second");
          });

      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
    }
  }

  @Test
  void fewer_than_no_rejections_are_refused() {
    assertThatThrownBy(() -> Retry.builder().maxRejections(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxRejections: -1 (expected: >= 0)");
  }
}
