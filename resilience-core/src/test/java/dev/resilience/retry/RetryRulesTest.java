package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules where the retry is built, functions of the user's that fail, and results nobody gets. */
class RetryRulesTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger tries = new AtomicInteger();

  private static Retry.Builder retry() {
    return Retry.builder().backoff(Backoff.none());
  }

  private Throwable failure(CallMode mode, Retry retry, Exception thrown) throws Exception {
    tries.set(0);
    return failure(
        mode,
        retry,
        c -> {
          tries.incrementAndGet();
          throw thrown;
        });
  }

  private Throwable failure(CallMode mode, Retry retry, Call<?, Exception> work) throws Exception {
    return time.run(() -> catchThrowable(() -> mode.call(Resilience.of(retry), root, work)));
  }

  @Nested
  class By_type_and_predicate {

    @ParameterizedTest
    @EnumSource
    void only_what_is_named_is_tried_again(CallMode mode) throws Exception {
      Retry only = retry().retryOn(IOException.class, TimeoutException.class).build();

      failure(mode, only, new FileNotFoundException());
      assertThat(tries).hasValue(3);
      failure(mode, only, new IllegalStateException());
      assertThat(tries).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void what_is_named_ends_the_call(CallMode mode) throws Exception {
      Retry retry = retry().abortOn(FileNotFoundException.class).build();

      failure(mode, retry, new FileNotFoundException());
      assertThat(tries).hasValue(1);
      failure(mode, retry, new IOException());
      assertThat(tries).hasValue(3);
    }

    @ParameterizedTest
    @EnumSource
    void a_predicate_decides(CallMode mode) throws Exception {
      Retry retry =
          retry()
              .abortIf(e -> "final".equals(e.getMessage()))
              .retryIf(e -> e instanceof NullPointerException)
              .build();

      failure(mode, retry, new IOException("final"));
      assertThat(tries).hasValue(1);
      failure(mode, retry, new NullPointerException());
      assertThat(tries).hasValue(3);
    }

    @ParameterizedTest
    @EnumSource
    void the_rules_stand_beside_the_classifier_in_any_order(CallMode mode) throws Exception {
      Classifier http =
          Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.PERMANENT_FAILURE);
      Retry retry = retry().retryOn(FileNotFoundException.class).classifier(http).build();

      failure(mode, retry, new FileNotFoundException());
      assertThat(tries).hasValue(3);
      failure(mode, retry, new IOException());
      assertThat(tries).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void programming_errors_are_not_tried_again(CallMode mode) throws Exception {
      failure(mode, Retry.ofDefaults(), new NullPointerException());

      assertThat(tries).hasValue(1);
    }
  }

  @Nested
  class A_function_that_throws_an_error {

    private final Error broken = new NoClassDefFoundError("org/example/Optional");
    private final IOException down = new IOException("down");

    private <T> T fail() {
      throw broken;
    }

    private void endsTheCall(CallMode mode, Retry.Builder builder) throws Exception {
      var budget = RetryBudget.builder().minimumPerSecond(0).build();

      Throwable failure = failure(mode, builder.budget(budget).build(), down);

      assertThat(failure).isSameAs(broken);
      assertThat(failure.getSuppressed()).contains(down);
      assertThat(tries).hasValue(1);
      assertThat(budget.available()).as("what was borrowed comes back").isEqualTo(20);
    }

    @ParameterizedTest
    @EnumSource
    void as_a_rule_of_the_classifier(CallMode mode) throws Exception {
      endsTheCall(
          mode,
          retry().classifier(Classifier.ofDefaults().onFailure(IOException.class, e -> fail())));
    }

    @ParameterizedTest
    @EnumSource
    void as_a_predicate(CallMode mode) throws Exception {
      endsTheCall(mode, retry().retryIf(e -> fail()));
    }

    @ParameterizedTest
    @EnumSource
    void as_a_back_off(CallMode mode) throws Exception {
      endsTheCall(mode, Retry.builder().backoff(Backoff.of(attempt -> fail())));
    }

    @ParameterizedTest
    @EnumSource
    void as_a_rule_for_when_to_come_back(CallMode mode) throws Exception {
      endsTheCall(mode, retry().retryAfter(IOException.class, e -> fail()));
    }

    @ParameterizedTest
    @EnumSource
    void as_a_rule_for_results(CallMode mode) throws Exception {
      List<Object> closed = new ArrayList<>();
      Retry retry =
          retry()
              .classifier(Classifier.ofDefaults().onResult(String.class, r -> fail()))
              .onDiscard(String.class, closed::add)
              .build();

      assertThat(failure(mode, retry, c -> "response")).isSameAs(broken);
      assertThat(closed).containsExactly("response");
    }

    @ParameterizedTest
    @EnumSource
    void as_a_listener_changes_nothing(CallMode mode) throws Exception {
      assertThat(failure(mode, retry().listener(event -> fail()).build(), down)).isSameAs(down);
      assertThat(tries).hasValue(3);
    }
  }

  @Nested
  class A_result_that_makes_room_for_another_attempt {

    private final List<Object> closed = new ArrayList<>();
    private final Retry.Builder retry =
        retry()
            .classifier(
                Classifier.ofDefaults()
                    .onResult(Integer.class, s -> s >= 500 ? Verdict.FAILURE : Verdict.SUCCESS))
            .onDiscard(Integer.class, closed::add);

    @ParameterizedTest
    @EnumSource
    void is_discarded_and_the_answer_is_not(CallMode mode) throws Exception {
      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry.build()),
                      root,
                      c -> tries.incrementAndGet() < 3 ? 500 + tries.get() : 200));

      assertThat(answer).isEqualTo(200);
      assertThat(closed).containsExactly(501, 502);
    }

    @ParameterizedTest
    @EnumSource
    void is_the_answer_where_it_is_the_last(CallMode mode) throws Exception {
      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry.build()), root, c -> 500 + tries.incrementAndGet()));

      assertThat(answer).isEqualTo(503);
      assertThat(closed).containsExactly(501, 502);
    }

    @ParameterizedTest
    @EnumSource
    void may_be_what_cannot_be_closed(CallMode mode) throws Exception {
      Retry broken =
          retry
              .onDiscard(
                  Integer.class,
                  r -> {
                    throw new AssertionError("cannot be closed");
                  })
              .build();

      assertThat(
              (Object)
                  time.run(
                      () ->
                          mode.call(
                              Resilience.of(broken),
                              root,
                              c -> tries.incrementAndGet() < 2 ? 500 : 200)))
          .isEqualTo(200);
    }
  }

  @Nested
  class A_computed_back_off {

    @ParameterizedTest
    @EnumSource
    void is_asked_with_the_number_of_the_attempt(CallMode mode) throws Exception {
      Retry retry = Retry.builder().backoff(Backoff.of(Duration::ofSeconds)).build();

      failure(mode, retry, new IOException());

      assertThat(time.elapsed()).isEqualTo(ofSeconds(1 + 2));
    }

    @ParameterizedTest
    @EnumSource
    void may_not_be_negative(CallMode mode) throws Exception {
      Retry retry = Retry.builder().backoff(Backoff.of(attempt -> ofSeconds(-1))).build();

      assertThat(failure(mode, retry, new IOException()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a back-off gave -1 s after attempt 1 (expected: >= 0)");
    }

    @Test
    void may_have_jitter() {
      Duration delay =
          Backoff.of(attempt -> ofSeconds(10))
              .withEqualJitter()
              .delay(1, Duration.ZERO, time.random());

      assertThat(delay).isBetween(ofSeconds(5), ofSeconds(10));
    }
  }

  /** A slow day, a failure in it, and quick calls ever since. */
  @ParameterizedTest
  @EnumSource
  void a_slow_phase_is_forgotten_also_when_nothing_fails_any_more(CallMode mode) throws Exception {
    Retry retry = Retry.builder().backoff(Backoff.constant(ofMillis(50))).build();
    Resilience stack = Resilience.of(retry);
    Object answer =
        time.run(
            () -> {
              for (int i = 0; i < 40; i++) {
                boolean fails = i == 20;
                tries.set(0);
                mode.call(
                    stack,
                    root,
                    c -> {
                      c.sleep(ofSeconds(5));
                      if (fails && tries.getAndIncrement() == 0) {
                        throw new IOException("slow day");
                      }
                      return "well";
                    });
              }
              for (int i = 0; i < 40; i++) {
                mode.call(
                    stack,
                    root,
                    c -> {
                      c.sleep(ofMillis(10));
                      return "well";
                    });
              }
              tries.set(0);
              try (var caller = root.withTimeout(ofSeconds(2))) {
                return mode.call(
                    stack,
                    caller,
                    c -> {
                      c.sleep(ofMillis(10));
                      if (tries.getAndIncrement() == 0) {
                        throw new IOException("hiccup");
                      }
                      return Optional.of("tried again");
                    });
              }
            });

    assertThat(answer).isEqualTo(Optional.of("tried again"));
  }
}
