package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.failsafe.FailsafePolicies;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.Simulated;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import dev.resilience.timeout.TimeoutMonitor;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** "As long as it takes", written as a very long duration, wherever one is taken. */
@Simulated(seed = 1)
class HugeDurationsTest {

  private static final Duration[] HUGE = {
    Duration.ofSeconds(Long.MAX_VALUE, 999_999_999), Duration.ofDays(365_000)
  };

  private final Context root;

  HugeDurationsTest(Context root) {
    this.root = root;
  }

  private static Arguments policy(String name, Function<Duration, ContextPolicy> policy) {
    return Arguments.of(name, policy);
  }

  static Stream<Arguments> policies() {
    return Stream.of(
        policy("fixed time-out", FixedTimeout::of),
        policy("isolated", huge -> FixedTimeout.builder("t", huge).isolated().build()),
        policy(
            "monitored",
            huge -> FixedTimeout.builder("t", huge).monitor(TimeoutMonitor.create()).build()),
        policy(
            "adaptive time-out",
            huge -> AdaptiveTimeout.builder("t").between(ofMillis(1), huge).build()),
        policy(
            "service time-out",
            huge ->
                ServiceTimeouts.builder()
                    .service("s", huge)
                    .networkOverhead(ofMillis(1))
                    .build()
                    .forService("s")),
        policy("more time", MoreTime::atLeast),
        policy("hedge", Hedge::after),
        policy("back-off", huge -> Retry.builder().backoff(Backoff.constant(huge)).build()),
        policy(
            "growing back-off",
            huge ->
                Retry.builder()
                    .backoff(Backoff.exponential(Duration.ofNanos(1), huge).withFullJitter())
                    .build()),
        policy(
            "breaker",
            huge -> Breaker.builder("b").openFor(huge).slowCallRate(0.5, huge).window(20).build()),
        policy("breaker's window", huge -> Breaker.builder("b").window(huge).build()),
        policy(
            "tokens", huge -> RateLimit.builder("r").rate(1, huge).burst(10).maxWait(huge).build()),
        policy(
            "permits",
            huge -> ConcurrencyLimit.builder("c", 1).maxWaiting(1).maxWait(huge).build()),
        policy(
            "Failsafe's time-out",
            huge ->
                FailsafePolicies.policy(
                    dev.failsafe.Timeout.of(Duration.ofNanos(Long.MAX_VALUE)))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void lets_a_healthy_call_through(String name, Function<Duration, ContextPolicy> policy)
      throws Exception {
    for (Duration huge : HUGE) {
      Resilience stack;
      try {
        stack = Resilience.of(policy.apply(huge));
      } catch (IllegalArgumentException refused) {
        // A refusal is an answer, too, if it says what it does not take.
        assertThat(refused).hasMessageContaining("expected:");
        continue;
      }
      assertThat(stack.<String, Exception>call(root, this::answer)).isEqualTo("answer");
      try (CancellableContext ctx = root.withTimeout(ofSeconds(5))) {
        assertThat(stack.<String, Exception>call(ctx.withTimeout(huge), this::answer))
            .isEqualTo("answer");
      }
      CompletableFuture<String> stage =
          stack
              .callAsync(root, c -> c.delay(ofMillis(50)).thenApply(nothing -> "answer"))
              .toCompletableFuture();
      assertThat(root.<String>await(stage)).isEqualTo("answer");
      assertThat(stack.describe()).isNotEmpty();
    }
  }

  private String answer(Context ctx) throws InterruptedException {
    ctx.sleep(ofMillis(50));
    return "answer";
  }

  @Test
  void a_context_takes_all_of_them() throws Exception {
    for (Duration huge : HUGE) {
      try (CancellableContext ctx = root.withTimeout(huge);
          CancellableContext more = ctx.withTimeout(ofSeconds(1)).withMoreTime(huge)) {
        ctx.onDone(() -> {});
        assertThat(ctx.isDone()).isFalse();
        assertThat(more.isDone()).isFalse();
        assertThat(ctx.withTimeout(ofSeconds(1)).hasTimeFor(huge)).isFalse();
        assertThat(root.hasTimeFor(huge)).isTrue();
        var delay = ctx.delay(huge);
        ctx.cancel();
        assertThat(delay.toCompletableFuture()).isCompletedExceptionally();
        assertThat(ctx.awaitDone(huge)).isTrue();
      }
      assertThat(root.withDeadline(Instant.MAX).isDone()).isFalse();
      assertThat(root.withDeadline(Instant.MIN).isDone()).isTrue();
    }
  }

  @Test
  void an_open_circuit_tells_how_long_it_may_take() throws Exception {
    for (Duration huge : HUGE) {
      Breaker breaker = Breaker.builder("b").consecutiveFailures(1).openFor(huge).build();
      Resilience stack = Resilience.of(breaker);
      assertThatThrownBy(() -> stack.run(root, HugeDurationsTest::fail))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> stack.run(root, HugeDurationsTest::fail))
          .isInstanceOf(CircuitOpenException.class)
          .message()
          .isNotEmpty();
      assertThat(new CircuitOpenException("own", huge).getMessage()).isNotEmpty();
    }
  }

  private static void fail(Context ctx) {
    throw new IllegalStateException("busy");
  }

  @Test
  void a_server_that_says_so_replaces_no_failure() throws Exception {
    for (Duration huge : HUGE) {
      Retry retry =
          Retry.builder()
              .retryAfter(IllegalStateException.class, busy -> Optional.of(huge))
              .build();
      assertThatThrownBy(() -> Resilience.of(retry).run(root, HugeDurationsTest::fail))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("busy");
    }
  }

  @Test
  void a_backoff_grows_to_its_cap_and_not_beyond() {
    for (Duration huge : HUGE) {
      assertThat(Backoff.exponential(huge, huge).delay(Integer.MAX_VALUE, huge, new Random(1)))
          .isPositive()
          .isLessThanOrEqualTo(huge);
      assertThat(
              Backoff.exponential(Duration.ofNanos(1), huge, 1e300)
                  .withDecorrelatedJitter()
                  .delay(Integer.MAX_VALUE, huge, new Random(1)))
          .isPositive()
          .isLessThanOrEqualTo(huge);
    }
  }

  @Test
  void a_budget_and_a_fallback_take_them_too() throws Exception {
    Phase first = Phase.of("first", 1);
    Phase second = Phase.of("second", 1_000_000);
    for (Duration huge : HUGE) {
      try (var run = TimeBudget.of(first, second).withDefaultTotal(huge).start(root)) {
        assertThat(run.<String, RuntimeException>call(first, c -> "x")).isEqualTo("x");
        assertThat(run.<String, RuntimeException>call(second, c -> "y")).isEqualTo("y");
        assertThat(run.report().toString()).isNotEmpty();
      }
      var safe =
          Resilience.of(Retry.builder().maxAttempts(1).budget(RetryBudget.ratio(0.2)).build())
              .withFallback(
                  Fallbacks.<String>onAny((c, failure) -> "instead")
                      .within(huge)
                      .asOf(value -> Instant.MIN));
      assertThat(
              safe.<IllegalStateException>call(
                  root,
                  c -> {
                    throw new IllegalStateException("busy");
                  }))
          .isEqualTo("instead");
    }
  }
}
