package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AdaptiveTimeoutTest {

  private static final Duration FLOOR = millis(50);
  private static final Duration CEILING = Duration.ofSeconds(2);

  private final List<PolicyEvent> events = new ArrayList<>();
  private AdaptiveTimeout timeout = builder().build();

  private AdaptiveTimeout.Builder builder() {
    return AdaptiveTimeout.builder("quotes")
        .between(FLOOR, CEILING)
        .startingAt(FLOOR)
        .listener(events::add);
  }

  private static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  /** Synchronous, or asynchronous. */
  private static void sleep(Bench bench, Resilience stack, Context ctx, Duration time)
      throws Exception {
    if (bench.way() == Way.ASYNC) {
      bench.await(stack.callAsync(ctx, c -> c.delay(time)));
    } else {
      stack.run(ctx, c -> c.sleep(time));
    }
  }

  private Throwable call(Bench bench, Context ctx, Duration time) {
    return catchThrowable(() -> sleep(bench, Resilience.of(timeout), ctx, time));
  }

  private void calls(Bench bench, int count, Duration time) {
    for (int i = 0; i < count; i++) {
      call(bench, bench.caller, time);
    }
  }

  /** The limit is a bucket's edge times the factor: up to 3.2 % more. */
  private void assertLimit(Duration expected) {
    assertThat(timeout.limit())
        .isBetween(expected, Duration.ofNanos((long) (expected.toNanos() * 1.033)));
  }

  @Nested
  class The_limit {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void is_twice_the_95th_percentile_after_ten_samples(Way way) throws Exception {
      way.play(
          bench -> {
            timeout = builder().startingAt(Duration.ofSeconds(1)).build();
            calls(bench, 9, millis(100));
            assertThat(timeout.limit()).isEqualTo(Duration.ofSeconds(1));
            assertThat(timeout.snapshot().percentile()).isEmpty();
            calls(bench, 1, millis(300));
            assertLimit(millis(600));
            calls(bench, 10, millis(100));
            assertLimit(millis(200));
            assertThat(events).isEmpty();
          });
    }

    @Test
    void may_be_another_percentile_and_factor() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = builder().startingAt(CEILING).percentile(0.5).multiplier(3).build();
            calls(bench, 6, millis(100));
            calls(bench, 4, millis(400));
            assertLimit(millis(300));
          });
    }

    @Test
    void stays_between_floor_and_ceiling() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = builder().startingAt(CEILING).build();
            calls(bench, 20, millis(1));
            assertThat(timeout.limit()).isEqualTo(FLOOR);
            timeout = builder().startingAt(CEILING).build();
            calls(bench, 20, millis(1500));
            assertThat(timeout.limit()).isEqualTo(CEILING);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void ends_a_call_as_a_fixed_one_does(Way way) throws Exception {
      way.play(
          bench -> {
            assertThat(call(bench, bench.caller, Duration.ofSeconds(9)))
                .isInstanceOf(AttemptTimeoutException.class)
                .hasMessage("quotes: no answer within 50 ms");
            assertThat(bench.elapsed()).isEqualTo(FLOOR);
            assertThat(events).contains(new PolicyEvent.TimedOut("quotes", FLOOR));
          });
    }

    @Test
    void is_kept_by_the_isolated_mode_too() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = builder().isolated().maxThreads(1).build();
            Thread worker =
                Resilience.of(timeout)
                    .<Thread, RuntimeException>call(bench.caller, c -> Thread.currentThread());
            assertThat(worker).isNotSameAs(Thread.currentThread());

            timeout = builder().isolated().build();
            calls(bench, 12, millis(100));
            assertThat(timeout.snapshot().cutOff()).isEqualTo(6);
            assertThat(timeout.limit()).isGreaterThanOrEqualTo(millis(100));
          });
    }
  }

  @Nested
  class A_limit_that_is_too_short {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void grows_instead_of_shrinking(Way way) throws Exception {
      way.play(
          bench -> {
            calls(bench, 9, millis(700));
            assertThat(timeout.limit()).as("doubled three times").isEqualTo(millis(400));
            calls(bench, 1, millis(700));
            assertLimit(millis(800));
            calls(bench, 200, millis(700));
            assertLimit(millis(1400));
          });
    }

    @Test
    void doubles_after_three_calls_in_a_row_that_ran_into_it() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            calls(bench, 2, millis(70));
            calls(bench, 1, millis(20));
            calls(bench, 2, millis(70));
            assertThat(timeout.limit()).as("an answer between them").isEqualTo(FLOOR);
            calls(bench, 1, millis(70));
            assertThat(timeout.limit()).isEqualTo(FLOOR.multipliedBy(2));
          });
    }

    @Test
    void comes_back_when_ten_answers_in_a_row_fit_into_what_it_was() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            calls(bench, 200, millis(20));
            calls(bench, 3, millis(70));
            assertThat(timeout.limit()).isEqualTo(FLOOR.multipliedBy(2));
            calls(bench, 9, millis(20));
            calls(bench, 1, millis(70));
            calls(bench, 9, millis(20));
            assertThat(timeout.limit()).isEqualTo(FLOOR.multipliedBy(2));
            calls(bench, 1, millis(20));
            assertThat(timeout.limit()).isEqualTo(FLOOR);
          });
    }

    @Test
    void follows_a_service_that_turns_slower_before_its_window_does() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = AdaptiveTimeout.builder("quotes").between(FLOOR, CEILING).build();
            calls(bench, 1000, millis(60));
            assertLimit(millis(120));
            calls(bench, 100, millis(180));
            assertThat(timeout.snapshot().cutOff()).isEqualTo(3);
            assertLimit(millis(360));
          });
    }

    @Test
    void grows_to_the_ceiling_while_the_service_hangs_and_no_further() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            calls(bench, 100, Duration.ofSeconds(60));
            assertThat(timeout.limit()).isEqualTo(CEILING);
            calls(bench, 1200, millis(20));
            assertThat(timeout.limit()).isEqualTo(FLOOR);
          });
    }
  }

  @Nested
  class Callers_in_a_hurry {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void do_not_lower_the_limit(Way way) throws Exception {
      way.play(
          bench -> {
            timeout = builder().startingAt(Duration.ofSeconds(1)).build();
            calls(bench, 20, millis(100));
            for (int i = 0; i < 500; i++) {
              try (CancellableContext hurried = bench.caller.withTimeout(millis(5))) {
                call(bench, hurried, millis(100));
              }
            }
            assertLimit(millis(200));
            assertThat(timeout.snapshot().cutOff()).isEqualTo(500);
          });
    }

    @Test
    void are_not_the_samples_that_a_start_waits_for() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = builder().startingAt(Duration.ofSeconds(1)).build();
            for (int i = 0; i < 50; i++) {
              try (CancellableContext hurried = bench.caller.withTimeout(millis(5))) {
                call(bench, hurried, millis(100));
              }
            }
            calls(bench, 9, millis(100));
            assertThat(timeout.limit()).isEqualTo(Duration.ofSeconds(1));
          });
    }
  }

  @Nested
  class Counts_not {

    private void assertNothingLearned(Bench bench, Resilience stack, int times) {
      AdaptiveTimeoutSnapshot before = timeout.snapshot();
      for (int i = 0; i < times; i++) {
        assertThatThrownBy(
                () ->
                    bench.call(
                        stack,
                        bench.caller,
                        c -> {
                          throw new IOException("refused");
                        }))
            .hasMessage("refused");
      }
      assertThat(timeout.snapshot()).hasToString(before.toString());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void failures(Way way) throws Exception {
      way.play(bench -> assertNothingLearned(bench, Resilience.of(timeout), 20));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void a_caller_who_leaves(Way way) throws Exception {
      way.play(
          bench -> {
            bench.cancelMeanwhile();
            timeout = builder().startingAt(CEILING).build();
            AdaptiveTimeoutSnapshot before = timeout.snapshot();
            call(bench, bench.caller, millis(1500));
            assertThat(timeout.snapshot()).hasToString(before.toString());
          });
    }

    @Test
    void what_the_classifier_says_is_a_failure_but_what_it_says_is_a_success() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout =
                builder()
                    .classifier(
                        Classifier.ofDefaults()
                            .onResult(
                                Integer.class, i -> i == 500 ? Verdict.FAILURE : Verdict.SUCCESS)
                            .onFailure(IOException.class, e -> Verdict.SUCCESS))
                    .build();
            Resilience stack = Resilience.of(timeout);
            stack.call(bench.caller, c -> 500);
            assertThat(timeout.snapshot().samples()).isZero();
            stack.call(bench.caller, c -> 200);
            assertThat(timeout.snapshot().samples()).isEqualTo(1);
            catchThrowable(
                () ->
                    stack.call(
                        bench.caller,
                        c -> {
                          throw new IOException("404");
                        }));
            assertThat(timeout.snapshot().samples()).isEqualTo(2);
          });
    }

    @Test
    void a_call_on_which_a_rule_fails_and_the_call_does_not_suffer() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout =
                builder()
                    .classifier(
                        Classifier.ofDefaults()
                            .onResult(
                                String.class,
                                s -> {
                                  throw new IllegalStateException("broken rule");
                                }))
                    .build();
            assertThat(
                    Resilience.of(timeout)
                        .<String, RuntimeException>call(bench.caller, c -> "result"))
                .isEqualTo("result");
            assertThat(timeout.snapshot().samples()).isZero();
          });
    }

    @Test
    void a_failure_on_which_a_rule_fails_and_it_is_thrown_all_the_same() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout =
                builder()
                    .classifier(
                        Classifier.ofDefaults()
                            .onFailure(
                                IOException.class,
                                e -> {
                                  throw new IllegalStateException("broken rule");
                                }))
                    .build();
            assertNothingLearned(bench, Resilience.of(timeout), 3);
          });
    }
  }

  @Nested
  class While_a_circuit_is_open {

    private void circuit(String name, Circuit from, Circuit to) {
      timeout.circuitListener().on(new PolicyEvent.CircuitChanged(name, from, to, "test"));
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void nothing_is_learned_until_it_is_probed(Way way) throws Exception {
      way.play(
          bench -> {
            timeout = builder().startingAt(Duration.ofSeconds(1)).build();
            calls(bench, 20, millis(100));
            AdaptiveTimeoutSnapshot before = timeout.snapshot();
            circuit("quotes", Circuit.CLOSED, Circuit.OPEN);
            assertThat(timeout.snapshot().frozen()).isTrue();
            calls(bench, 50, millis(5));
            calls(bench, 50, Duration.ofSeconds(5));
            assertThat(timeout.limit()).isEqualTo(before.limit());

            circuit("quotes", Circuit.OPEN, Circuit.HALF_OPEN);
            assertThat(timeout.snapshot()).hasToString(before.toString());
            calls(bench, 3, Duration.ofSeconds(5));
            assertThat(timeout.limit()).isGreaterThanOrEqualTo(before.limit().multipliedBy(2));
          });
    }

    @Test
    void it_waits_for_all_of_several() {
      circuit("a", Circuit.CLOSED, Circuit.OPEN);
      circuit("b", Circuit.CLOSED, Circuit.OPEN);
      circuit("a", Circuit.HALF_OPEN, Circuit.CLOSED);
      assertThat(timeout.snapshot().frozen()).isTrue();
      circuit("b", Circuit.HALF_OPEN, Circuit.CLOSED);
      assertThat(timeout.snapshot().frozen()).isFalse();
    }

    @Test
    void other_events_do_nothing() {
      timeout.circuitListener().on(new PolicyEvent.TimedOut("quotes", FLOOR));
      assertThat(timeout.snapshot().frozen()).isFalse();
    }
  }

  @Nested
  class The_window {

    @Test
    void keeps_the_limit_through_a_night_without_calls() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout = builder().startingAt(Duration.ofSeconds(1)).build();
            calls(bench, 20, millis(100));
            bench.root.sleep(Duration.ofHours(8));
            assertLimit(millis(200));
            calls(bench, 1, millis(100));
            assertLimit(millis(200));
          });
    }

    @Test
    void learns_from_calls_that_are_rare() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            for (int i = 0; i < 40; i++) {
              call(bench, bench.caller, millis(300));
              bench.root.sleep(Duration.ofMinutes(10));
            }
            assertLimit(millis(600));
          });
    }

    @Test
    void forgets_after_its_time() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            timeout =
                builder()
                    .startingAt(Duration.ofSeconds(1))
                    .window(Duration.ofSeconds(5), 1000)
                    .build();
            calls(bench, 20, millis(300));
            bench.root.sleep(Duration.ofSeconds(5));
            calls(bench, 20, millis(30));
            assertLimit(millis(60));
          });
    }
  }

  @Test
  void is_used_under_one_time_source() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          calls(bench, 1, millis(1));
          Context other = Context.background(VirtualTime.manual());
          assertThatIllegalArgumentException()
              .isThrownBy(() -> Resilience.of(timeout).call(other, c -> "result"))
              .withMessageContaining("as in earlier calls of quotes");
          assertThatThrownBy(() -> bench.await(Resilience.of(timeout).callAsync(other, c -> null)))
              .isInstanceOf(IllegalArgumentException.class);
        });
  }

  @Test
  void refuses_bad_input() {
    AdaptiveTimeout.Builder builder = AdaptiveTimeout.builder("quotes");
    refused(() -> builder.percentile(1), "percentile: 1.0 (expected: > 0 and < 1, such as 0.95)");
    refused(() -> builder.percentile(0), "percentile: 0.0 (expected: > 0 and < 1, such as 0.95)");
    refused(
        () -> builder.percentile(Double.NaN),
        "percentile: NaN (expected: > 0 and < 1, such as 0.95)");
    refused(() -> builder.multiplier(0.9), "multiplier: 0.9 (expected: 1 to 100)");
    refused(() -> builder.multiplier(101), "multiplier: 101.0 (expected: 1 to 100)");
    refused(() -> builder.between(Duration.ZERO, CEILING), "floor: 0 s (expected: > 0)");
    refused(
        () -> builder.between(CEILING, FLOOR),
        "ceiling: 50 ms (expected: from 2 s, the floor, to a day)");
    refused(
        () -> builder.between(FLOOR, Duration.ofDays(1).plusNanos(1)),
        "ceiling: 86400 s (expected: from 50 ms, the floor, to a day)");
    refused(() -> builder.maxThreads(0), "maxThreads: 0 (expected: >= 1)");
    refused(() -> builder.minSamples(0), "minSamples: 0 (expected: >= 1)");
    refused(() -> builder.window(Duration.ZERO, 100), "time: 0 s (expected: > 0)");
    refused(() -> builder.window(CEILING, 99), "calls: 99 (expected: >= 100)");
    refused(
        () -> AdaptiveTimeout.builder("quotes").startingAt(millis(1)).build(),
        "startingAt: 1 ms (expected: from 500 ms to 2 s)");
    refused(
        () -> AdaptiveTimeout.builder("quotes").minSamples(501).build(),
        "minSamples: 501 (expected: at most half of the 1000 calls in the window)");
    assertThatNullPointerException().isThrownBy(() -> builder.between(FLOOR, null));
  }

  @Test
  void takes_the_ends_of_the_ranges() {
    assertThat(AdaptiveTimeout.builder("quotes").between(FLOOR, FLOOR).build().limit())
        .isEqualTo(FLOOR);
    for (AdaptiveTimeout.Builder builder :
        List.of(
            builder().between(FLOOR, Duration.ofDays(1)),
            builder().multiplier(1),
            builder().multiplier(100),
            builder().minSamples(1),
            builder().minSamples(500),
            builder().window(Duration.ofNanos(1), 100),
            builder().startingAt(FLOOR))) {
      assertThat(builder.build().limit()).isEqualTo(FLOOR);
    }
    assertThat(builder().startingAt(CEILING).build().limit()).isEqualTo(CEILING);
    assertThat(AdaptiveTimeout.ofDefaults("quotes")).hasToString("quotes (adaptive, now 2 s)");
  }

  @Test
  void counts_the_work_that_it_leaves_behind() throws Exception {
    Way.ASYNC.play(
        bench -> {
          CompletableFuture<String> deaf = new CompletableFuture<>();
          CompletionStage<String> stage = Resilience.of(timeout).callAsync(bench.caller, c -> deaf);
          assertThatThrownBy(() -> bench.await(stage)).isInstanceOf(AttemptTimeoutException.class);
          assertThat(timeout.stillRunning()).isEqualTo(1);
          deaf.complete("late");
          assertThat(timeout.stillRunning()).isZero();
          assertThat(timeout.abandonedCount()).isEqualTo(1);
        });
  }

  @Test
  void learns_with_a_monitor_too() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          TimeoutMonitor monitor = TimeoutMonitor.create();
          timeout = builder().monitor(monitor).build();
          calls(bench, 3, millis(10));
          calls(bench, 2, millis(100));
          assertThat(timeout.snapshot().samples()).isEqualTo(5);
          assertThat(timeout.snapshot().cutOff()).isEqualTo(2);
          TimeoutStatistics told = monitor.statistics("quotes").orElseThrow();
          assertThat(told.succeeded()).isEqualTo(3);
          assertThat(told.timedOut()).isEqualTo(2);
        });
  }

  private static void refused(Runnable call, String message) {
    assertThatIllegalArgumentException().isThrownBy(call::run).withMessage(message);
  }

  @Test
  void says_what_it_is() {
    assertThat(timeout).hasToString("quotes (adaptive, now 50 ms)");
  }
}
