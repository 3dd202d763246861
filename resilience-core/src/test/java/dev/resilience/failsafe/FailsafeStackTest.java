package dev.resilience.failsafe;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Fallback;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.TimeoutExceededException;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.policy.CallMode;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A Failsafe user's own policies in a stack of ours. */
@SuppressWarnings("NullAway") // nulls are given on purpose
class FailsafeStackTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<String> told = new ArrayList<>();

  private final CircuitBreaker<String> breaker =
      CircuitBreaker.<String>builder().withFailureThreshold(5).build();
  private final Bulkhead<String> bulkhead = Bulkhead.of(2);

  /** The stack of "must show 6". */
  private Resilience theirs() {
    return Resilience.of(
        FailsafePolicies.policy(
            Fallback.<String>builder(event -> "instead of " + event.getLastException())
                .onFailedAttempt(event -> told.add("fallback asked"))
                .build(),
            RetryPolicy.<String>builder()
                .withDelay(ofSeconds(10))
                .onRetryScheduled(event -> told.add("scheduled"))
                .onRetry(event -> told.add("retry"))
                .build(),
            breaker,
            bulkhead,
            RateLimiter.<String>smoothBuilder(Duration.ofNanos(1)).build(),
            Timeout.<String>builder(ofSeconds(2)).withInterrupt().build()));
  }

  private String hang(Context c) throws Exception {
    attempts.incrementAndGet();
    c.awaitDone();
    throw new IOException("aborted");
  }

  private String fail(Context c) throws IOException {
    throw new IOException("no " + attempts.incrementAndGet());
  }

  private void assertNothingIsLeft(CancellableContext caller) {
    assertThat(ContextProbe.waiters(caller)).as("listeners of the caller").isZero();
    assertThat(time.pendingTimers()).as("timers").isZero();
    assertThat(bulkhead.tryAcquirePermit()).isTrue();
    assertThat(bulkhead.tryAcquirePermit()).isTrue();
    assertThat(bulkhead.tryAcquirePermit()).isFalse();
  }

  private void meanwhile(Duration after, Runnable action) {
    time.start(
        "meanwhile",
        () -> {
          root.sleep(after);
          action.run();
        });
  }

  @Nested
  class All_of_them_together {

    @ParameterizedTest
    @EnumSource
    void answer_what_succeeds(CallMode mode) throws Exception {
      var caller = root.withCancel();

      assertThat(time.<String>run(() -> mode.call(theirs(), caller, c -> "well")))
          .isEqualTo("well");
      assertNothingIsLeft(caller);
    }

    @ParameterizedTest
    @EnumSource
    void retry_in_the_time_of_the_context_and_fall_back(CallMode mode) throws Exception {
      var caller = root.withCancel();

      String answer = time.run(() -> mode.call(theirs(), caller, FailsafeStackTest.this::fail));

      assertThat(answer).isEqualTo("instead of java.io.IOException: no 3");
      assertThat(time.elapsed()).isEqualTo(ofSeconds(20));
      assertThat(told)
          .containsExactly("scheduled", "retry", "scheduled", "retry", "fallback asked");
      assertNothingIsLeft(caller);
    }

    @ParameterizedTest
    @EnumSource
    void time_out_in_the_time_of_the_context(CallMode mode) throws Exception {
      var caller = root.withCancel();

      String answer =
          time.run(() -> mode.call(theirs(), caller, c -> attempts.get() < 1 ? hang(c) : "well"));

      assertThat(answer).isEqualTo("well");
      assertThat(time.elapsed()).isEqualTo(ofSeconds(12));
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      assertNothingIsLeft(caller);
    }

    @ParameterizedTest
    @EnumSource
    void end_when_the_caller_cancels_an_attempt_and_count_nothing(CallMode mode) throws Exception {
      var caller = root.withCancel();

      Throwable failure =
          time.run(
              () -> {
                meanwhile(ofSeconds(1), () -> caller.cancel(CancelReason.USER));
                return catchThrowable(
                    () -> mode.call(theirs(), caller, FailsafeStackTest.this::hang));
              });

      assertThat(failure).isInstanceOf(ContextCancelledException.class);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
      assertThat(attempts).hasValue(1);
      assertThat(told).isEmpty();
      assertThat(breaker.getFailureCount() + breaker.getSuccessCount()).isZero();
      assertNothingIsLeft(caller);
    }

    @ParameterizedTest
    @EnumSource
    void end_when_the_caller_cancels_a_back_off(CallMode mode) throws Exception {
      var caller = root.withCancel();

      Throwable failure =
          time.run(
              () -> {
                meanwhile(ofSeconds(5), () -> caller.cancel(CancelReason.USER));
                return catchThrowable(
                    () -> mode.call(theirs(), caller, FailsafeStackTest.this::fail));
              });

      assertThat(failure).isInstanceOf(ContextCancelledException.class);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(5));
      assertThat(attempts).hasValue(1);
      assertNothingIsLeft(caller);
    }

    @ParameterizedTest
    @EnumSource
    void do_not_wait_beyond_the_deadline_of_the_caller(CallMode mode) throws Exception {
      var caller = root.withTimeout(ofSeconds(15));

      String answer = time.run(() -> mode.call(theirs(), caller, FailsafeStackTest.this::fail));

      assertThat(answer).isEqualTo("instead of java.io.IOException: no 2");
      assertThat(time.elapsed()).as("when the second delay did not fit").isEqualTo(ofSeconds(10));
      assertNothingIsLeft(caller);
    }

    /** A stage ends with its context at once, before their fallback can answer. */
    @ParameterizedTest
    @EnumSource
    void end_with_the_deadline_of_the_caller_in_an_attempt(CallMode mode) throws Exception {
      var caller = root.withTimeout(ofSeconds(1));
      var answer = new AtomicReference<String>();

      Throwable failure =
          time.run(
              () ->
                  catchThrowable(
                      () -> answer.set(mode.call(theirs(), caller, FailsafeStackTest.this::hang))));

      if (mode == CallMode.BLOCKING) {
        assertThat(answer.get())
            .startsWith("instead of " + DeadlineExceededException.class.getName());
      } else {
        assertThat(failure).isInstanceOf(DeadlineExceededException.class);
      }
      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
      assertThat(attempts).hasValue(1);
      assertThat(breaker.getFailureCount()).isEqualTo(1);
      assertNothingIsLeft(caller);
    }

    @Test
    void end_with_the_deadline_of_the_caller_and_a_fallback_of_ours_answers() throws Exception {
      var caller = root.withTimeout(ofSeconds(1));
      var stack =
          Resilience.of(FailsafePolicies.policy(RetryPolicy.ofDefaults(), breaker, bulkhead))
              .withFallback(Fallbacks.ofValue("ours"));

      assertThat(
              time.<String>run(
                  () -> root.await(stack.callAsync(caller, c -> new CompletableFuture<>()))))
          .isEqualTo("ours");
      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
    }

    @ParameterizedTest
    @EnumSource
    void end_with_the_deadline_of_the_caller(CallMode mode) throws Exception {
      var caller = root.withTimeout(ofSeconds(1));
      var stack =
          Resilience.of(FailsafePolicies.policy(RetryPolicy.ofDefaults(), breaker, bulkhead));

      Throwable failure =
          time.run(
              () -> catchThrowable(() -> mode.call(stack, caller, FailsafeStackTest.this::hang)));

      assertThat(failure).isInstanceOf(DeadlineExceededException.class);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
      assertThat(attempts).hasValue(1);
      assertNothingIsLeft(caller);
    }

    @Test
    void interrupt_a_thread_that_blocks_and_leave_its_flag_clean() throws Exception {
      var caller = root.withCancel();

      time.run(
          () -> {
            meanwhile(ofSeconds(1), caller::cancel);
            assertThatThrownBy(
                    () ->
                        theirs()
                            .call(
                                caller,
                                c -> {
                                  time.parkUntil(this, time.nanoTime() + ofMillis(1500).toNanos());
                                  if (Thread.interrupted()) {
                                    throw new InterruptedException();
                                  }
                                  return "not interrupted";
                                }))
                .isInstanceOf(ContextCancelledException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            return null;
          });

      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
    }
  }

  @Nested
  class What_they_throw {

    private Throwable failure(CallMode mode, Resilience stack, Duration work) throws Exception {
      return time.run(
          () ->
              catchThrowable(
                  () ->
                      mode.call(
                          stack,
                          root,
                          c -> {
                            attempts.incrementAndGet();
                            c.sleep(work);
                            return "well";
                          })));
    }

    @ParameterizedTest
    @EnumSource
    void is_ours_with_theirs_suppressed(CallMode mode) throws Exception {
      breaker.open();
      bulkhead.tryAcquirePermit();
      bulkhead.tryAcquirePermit();
      var limiter = RateLimiter.<String>smoothBuilder(Duration.ofHours(1)).build();
      limiter.reservePermit();

      assertThat(failure(mode, Resilience.of(FailsafePolicies.policy(breaker)), ofMillis(1)))
          .isInstanceOfSatisfying(
              CircuitOpenException.class,
              e -> assertThat(e.retryAfter().orElseThrow()).isPositive());
      assertThat(failure(mode, Resilience.of(FailsafePolicies.policy(bulkhead)), ofMillis(1)))
          .isInstanceOf(ConcurrencyLimitExceededException.class)
          .hasMessage("Failsafe's bulkhead: all 2 permits are in use");
      assertThat(failure(mode, Resilience.of(FailsafePolicies.policy(limiter)), ofMillis(1)))
          .isInstanceOfSatisfying(
              RateLimitExceededException.class,
              e -> assertThat(e.retryAfter()).contains(Duration.ofHours(1)));
      assertThat(attempts).hasValue(0);
    }

    @Test
    void of_a_timeout_is_our_timeout() throws Exception {
      var stack =
          Resilience.of(
              FailsafePolicies.policy(Timeout.builder(ofSeconds(1)).withInterrupt().build()));

      assertThat(failure(CallMode.BLOCKING, stack, ofSeconds(5)))
          .isInstanceOfSatisfying(
              AttemptTimeoutException.class, e -> assertThat(e.limit()).isEqualTo(ofSeconds(1)));
      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
    }

    @ParameterizedTest
    @EnumSource
    void is_seen_as_theirs_by_a_policy_of_theirs_further_out(CallMode mode) throws Exception {
      var stack =
          Resilience.of(
              FailsafePolicies.policy(
                  Fallback.<Object>builder("late").handle(TimeoutExceededException.class).build()),
              FailsafePolicies.policy(Timeout.builder(ofSeconds(1)).withInterrupt().build()));

      Object answer = time.run(() -> mode.<Object>call(stack, root, FailsafeStackTest.this::hang));

      assertThat(answer).isEqualTo("late");
    }

    @ParameterizedTest
    @EnumSource
    void is_judged_by_our_policies_outside(CallMode mode) throws Exception {
      breaker.open();
      var ours = Breaker.builder("outside").window(1).build();
      var stack =
          Resilience.of(
              ours,
              Retry.builder()
                  .backoff(Backoff.constant(ofSeconds(1)))
                  .waitForOpenCircuit()
                  .maxRetryAfter(ofSeconds(3600))
                  .build(),
              FailsafePolicies.policy(breaker));

      assertThat(failure(mode, stack, ofMillis(1))).isInstanceOf(CircuitOpenException.class);

      assertThat(ours.snapshot().uncounted()).as("a rejection inside").isEqualTo(1);
      assertThat(time.elapsed()).as("retryAfter is obeyed").isGreaterThan(ofSeconds(60));
    }
  }

  @Nested
  class The_rest {

    @Test
    void a_retry_without_delay_and_without_end_needs_no_deep_stack() throws Exception {
      var depth = new AtomicInteger();
      var policy = RetryPolicy.<String>builder().withMaxAttempts(-1).build();
      var stage =
          Resilience.of(FailsafePolicies.policy(policy))
              .callAsync(
                  Context.background(VirtualTime.manual()),
                  c -> {
                    depth.accumulateAndGet(new Throwable().getStackTrace().length, Math::max);
                    return attempts.incrementAndGet() < 5_000
                        ? CompletableFuture.failedFuture(new IOException("down"))
                        : CompletableFuture.completedFuture("well");
                  });

      assertThat(stage.toCompletableFuture()).isCompletedWithValue("well");
      assertThat(depth.get()).isLessThan(500);
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_of_theirs_that_fails_ends_the_call(CallMode mode) throws Exception {
      var policy =
          RetryPolicy.<String>builder()
              .withDelayFn(
                  context -> {
                    throw new IllegalStateException("rule");
                  })
              .build();

      Throwable failure =
          time.run(
              () ->
                  catchThrowable(
                      () ->
                          mode.call(
                              Resilience.of(FailsafePolicies.policy(policy)),
                              root,
                              FailsafeStackTest.this::fail)));

      assertThat(failure).isNotNull();
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void an_error_is_neither_retried_nor_answered() {
      var stack =
          Resilience.of(FailsafePolicies.policy(Fallback.of("instead"), RetryPolicy.ofDefaults()));

      assertThatThrownBy(
              () ->
                  stack.call(
                      root,
                      c -> {
                        attempts.incrementAndGet();
                        throw new AssertionError("bug");
                      }))
          .isInstanceOf(AssertionError.class);
      assertThat(attempts).hasValue(1);
    }

    @Test
    void describes_itself() {
      assertThat(theirs())
          .hasToString(
              "Failsafe's fallback > Failsafe's retry policy > Failsafe's circuit breaker"
                  + " > Failsafe's bulkhead > Failsafe's rate limiter > Failsafe's timeout");
    }

    @Test
    void nulls_are_refused() {
      assertThatThrownBy(() -> FailsafePolicies.policy(null)).hasMessage("outermost");
      assertThatThrownBy(() -> FailsafePolicies.policy(breaker, bulkhead, null))
          .hasMessage("inner[1]");
    }
  }
}
