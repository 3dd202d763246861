package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.failsafe.FailsafeFailures;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A retry policy of Failsafe's under a context. */
@SuppressWarnings("NullAway") // nulls are given on purpose
class AdoptedRetryTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<String> told = new ArrayList<>();

  private RetryPolicyBuilder<Object> policy() {
    return RetryPolicy.builder()
        .withDelay(ofSeconds(10))
        .onFailedAttempt(e -> told.add("failed attempt"))
        .onRetryScheduled(e -> told.add("scheduled in " + e.getDelay().toSeconds() + " s"))
        .onRetry(e -> told.add("retry of " + e.getLastException().getMessage()))
        .onRetriesExceeded(e -> told.add("exceeded"))
        .onAbort(e -> told.add("abort"))
        .onSuccess(e -> told.add("success"))
        .onFailure(e -> told.add("failure: " + e.getException().getMessage()));
  }

  private Object call(CallMode mode, RetryPolicy<?> policy, Context ctx, Call<?, Exception> work)
      throws Exception {
    return time.run(
        () ->
            mode.<Object>call(
                Resilience.of(Retry.of(policy)),
                ctx,
                c -> {
                  attempts.incrementAndGet();
                  return work.call(c);
                }));
  }

  private Throwable failure(
      CallMode mode, RetryPolicy<?> policy, Context ctx, Call<?, Exception> work) {
    return catchThrowable(() -> call(mode, policy, ctx, work));
  }

  private Object failing(Context ctx) throws IOException {
    throw new IOException("no " + attempts);
  }

  @ParameterizedTest
  @EnumSource
  void makes_its_attempts_with_its_delays_in_the_time_of_the_context(CallMode mode) {
    Throwable failure = failure(mode, policy().build(), root, this::failing);

    assertThat(failure).isInstanceOf(IOException.class).hasMessage("no 3");
    assertThat(attempts).hasValue(3);
    assertThat(time.elapsed()).isEqualTo(ofSeconds(20));
    assertThat(CallReport.from(failure).orElseThrow().stopped())
        .isEqualTo("all 3 attempts are used");
  }

  @ParameterizedTest
  @EnumSource
  void tells_all_its_listeners(CallMode mode) {
    failure(mode, policy().build(), root, this::failing);

    assertThat(told)
        .containsExactly(
            "failed attempt",
            "scheduled in 10 s",
            "retry of no 1",
            "failed attempt",
            "scheduled in 10 s",
            "retry of no 2",
            "failed attempt",
            "exceeded",
            "failure: no 3");
  }

  @ParameterizedTest
  @EnumSource
  void tells_of_success_at_once_and_after_a_retry(CallMode mode) throws Exception {
    call(mode, policy().build(), root, c -> "well");
    assertThat(told).containsExactly("success");
    told.clear();
    attempts.set(0);

    call(mode, policy().build(), root, c -> attempts.get() == 1 ? failing(c) : "well");

    assertThat(told)
        .containsExactly("failed attempt", "scheduled in 10 s", "retry of no 1", "success");
  }

  @ParameterizedTest
  @EnumSource
  void obeys_its_rules(CallMode mode) {
    var rules =
        policy().handle(IOException.class).abortWhen("stop").abortOn(IllegalStateException.class);

    var failure =
        failure(
            mode,
            rules.build(),
            root,
            c -> {
              throw new IllegalArgumentException("not handled");
            });
    assertThat(attempts).hasValue(1);
    assertThat(CallReport.from(failure).orElseThrow().stopped())
        .isEqualTo("the retry policy wants no other attempt");

    attempts.set(0);
    failure(mode, rules.build(), root, this::failing);
    assertThat(attempts).hasValue(3);
  }

  @ParameterizedTest
  @EnumSource
  void asks_it_about_results_also_about_null(CallMode mode) throws Exception {
    var rules = policy().handleResult(null).withDelay(ofMillis(1)).onRetry(e -> {});

    assertThat(call(mode, rules.build(), root, c -> attempts.get() < 3 ? null : "well"))
        .isEqualTo("well");
    assertThat(attempts).hasValue(3);

    attempts.set(0);
    assertThat(call(mode, rules.build(), root, c -> null)).isNull();
    assertThat(attempts).hasValue(3);
  }

  @ParameterizedTest
  @EnumSource
  void does_not_ask_it_about_an_error(CallMode mode) {
    Throwable failure =
        failure(
            mode,
            policy().build(),
            root,
            c -> {
              throw new AssertionError("bug");
            });

    assertThat(failure).isInstanceOf(AssertionError.class);
    assertThat(attempts).hasValue(1);
    assertThat(told).containsExactly("failure: bug");
  }

  @ParameterizedTest
  @EnumSource
  void is_told_of_an_error_that_ends_the_call(CallMode mode) {
    failure(
        mode,
        policy().build(),
        root,
        c -> {
          if (attempts.get() == 1) {
            return failing(c);
          }
          throw new AssertionError("bug");
        });

    assertThat(attempts).hasValue(2);
    assertThat(told)
        .containsExactly("failed attempt", "scheduled in 10 s", "retry of no 1", "failure: bug");
  }

  @ParameterizedTest
  @EnumSource
  void takes_a_result_that_no_rule_is_against_as_a_success_at_once(CallMode mode) throws Exception {
    var events = new ArrayList<PolicyEvent>();
    var retry = Retry.builder().policy(policy().build()).listener(events::add).build();

    time.run(() -> mode.call(Resilience.of(retry), root, c -> "well"));

    assertThat(events).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void does_not_wait_past_the_deadline(CallMode mode) {
    Throwable failure =
        failure(mode, policy().build(), root.withTimeout(ofSeconds(5)), this::failing);

    assertThat(failure).isInstanceOf(IOException.class);
    assertThat(time.elapsed()).isZero();
    assertThat(told).containsExactly("failed attempt", "failure: no 1");
  }

  @ParameterizedTest
  @EnumSource
  void is_told_nothing_of_what_the_caller_cancelled(CallMode mode) {
    var caller = root.withCancel();

    failure(
        mode,
        policy().build(),
        caller,
        c -> {
          caller.cancel();
          throw new IOException("connection closed");
        });

    assertThat(attempts).hasValue(1);
    assertThat(told).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void stops_waiting_when_the_caller_cancels(CallMode mode) throws Exception {
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
                      mode.call(Resilience.of(Retry.of(policy().build())), caller, this::failing));
            });

    assertThat(failure).isInstanceOf(ContextCancelledException.class);
    assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
  }

  @ParameterizedTest
  @EnumSource
  void sees_failsafes_own_exceptions_under_its_rules(CallMode mode) {
    var open = new CircuitBreakerOpenException(CircuitBreaker.ofDefaults());
    var rules = policy().handle(CircuitBreakerOpenException.class);

    Throwable failure =
        failure(
            mode,
            rules.withDelay(ofMillis(1)).build(),
            root,
            c -> {
              throw (Exception) FailsafeFailures.ours(open);
            });

    assertThat(failure).isInstanceOf(CircuitOpenException.class);
    assertThat(attempts).hasValue(3);
  }

  @ParameterizedTest
  @EnumSource
  void goes_on_when_a_listener_fails(CallMode mode) {
    var broken =
        policy()
            .onRetryScheduled(
                e -> {
                  throw new IllegalStateException("listener");
                });

    assertThat(failure(mode, broken.build(), root, this::failing)).isInstanceOf(IOException.class);
    assertThat(attempts).hasValue(3);
  }

  @Test
  void describes_itself() {
    assertThat(Retry.of(policy().build()))
        .hasToString("retry (Failsafe's retry policy, 3 attempts)");
    assertThat(Retry.of(policy().withMaxAttempts(-1).build()))
        .hasToString("retry (Failsafe's retry policy, any number of attempts)");
    assertThatThrownBy(() -> Retry.builder().policy(null)).hasMessage("policy");
  }
}
