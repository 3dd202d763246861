package dev.resilience.failsafe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.failsafe.Call;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Execution;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.Policy;
import dev.failsafe.PolicyConfig;
import dev.failsafe.RateLimiter;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.TimeoutExceededException;
import dev.failsafe.spi.ExecutionResult;
import dev.failsafe.spi.PolicyExecutor;
import dev.failsafe.spi.Scheduler;
import dev.failsafe.spi.SyncExecutionInternal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout.ThreadMode;

/**
 * What Failsafe 3.3.2 does that this library's design leans on or works around. None of it is
 * judged here; the day one of these fails, Failsafe has changed, and a decision may be
 * reconsidered.
 */
@org.junit.jupiter.api.Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class FailsafeFactsTest {

  private static final Duration LONG = Duration.ofHours(1);

  @Nested
  class A_circuit_breaker {

    @Test
    void takes_an_excluded_cancellation_in_half_open_for_a_success_and_closes() {
      var breaker =
          CircuitBreaker.builder()
              .handleIf(failure -> !(failure instanceof CancellationException))
              .withSuccessThreshold(1)
              .build();
      breaker.halfOpen();

      assertThatThrownBy(
              () ->
                  Failsafe.with(breaker)
                      .run(
                          () -> {
                            throw new CancellationException("the caller left");
                          }))
          .isInstanceOf(CancellationException.class);

      assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void stays_half_open_for_ever_when_a_permit_is_never_recorded() {
      var breaker = CircuitBreaker.builder().withDelay(Duration.ZERO).build();
      breaker.halfOpen();
      assertThat(breaker.tryAcquirePermit()).isTrue();

      assertThat(breaker.isHalfOpen()).isTrue();
      assertThat(breaker.tryAcquirePermit()).isFalse();
      assertThat(Arrays.stream(CircuitBreaker.class.getMethods()).map(m -> m.getName()))
          .as("ways to give a permit back without a result")
          .noneMatch(name -> name.contains("release") || name.contains("cancel"));
    }

    @Test
    void measures_its_time_windows_with_the_wall_clock() throws IOException {
      assertThat(constantsOf("dev/failsafe/internal/TimedCircuitStats$Clock.class"))
          .contains("currentTimeMillis")
          .doesNotContain("nanoTime");
    }

    private static String constantsOf(String classFile) throws IOException {
      try (InputStream bytes = Failsafe.class.getClassLoader().getResourceAsStream(classFile)) {
        assertThat(bytes).as(classFile).isNotNull();
        return new String(bytes.readAllBytes(), StandardCharsets.ISO_8859_1);
      }
    }
  }

  @Nested
  class A_rate_limiter {

    @Test
    void keeps_the_token_of_a_waiter_who_gave_up() {
      var limiter = RateLimiter.smoothBuilder(LONG).build();
      limiter.reservePermit();

      Thread.currentThread().interrupt();
      assertThatThrownBy(limiter::acquirePermit).isInstanceOf(InterruptedException.class);

      assertThat(limiter.reservePermit())
          .as("the wait behind a waiter who has left")
          .isGreaterThan(LONG);
    }

    @Test
    void has_no_way_to_return_a_reservation() {
      assertThat(Arrays.stream(RateLimiter.class.getMethods()).map(m -> m.getName()))
          .noneMatch(
              name ->
                  name.contains("release") || name.contains("cancel") || name.contains("return"));
    }
  }

  @Nested
  class A_timeout {

    @Test
    void without_interrupt_returns_only_when_the_work_does() {
      var timeout = Timeout.of(Duration.ofMillis(1));
      var stillWorkingAfterItPassed = new AtomicBoolean();
      var passed = new CountDownLatch(1);

      assertThatThrownBy(
              () ->
                  Failsafe.with(timeout)
                      .run(
                          execution -> {
                            execution.onCancel(passed::countDown);
                            if (execution.isCancelled()) {
                              passed.countDown(); // before it could be told
                            }
                            passed.await();
                            stillWorkingAfterItPassed.set(true);
                          }))
          .isInstanceOf(TimeoutExceededException.class);

      assertThat(stillWorkingAfterItPassed).isTrue();
    }

    @Test
    void uses_the_one_shared_scheduler_whatever_scheduler_is_given() {
      var given = new ImmediateScheduler();
      var executor = Failsafe.with(Timeout.of(LONG)).with((Scheduler) given);

      executor.run(() -> {});
      assertThat(given.delays).as("of a call that blocks").isEmpty();

      executor.runAsync(() -> {}).join();
      assertThat(given.delays)
          .as("of an asynchronous call: its start, not its limit")
          .containsOnly(Duration.ZERO);
    }

    @Test
    void that_did_not_fire_costs_a_cancellation_exception_with_its_trace() {
      // What a time-out does with the shared scheduler after each call.
      var timer = Scheduler.DEFAULT.schedule(() -> null, 1, TimeUnit.HOURS);
      timer.cancel(false);

      var made = ((CompletableFuture<?>) timer).handle((result, failure) -> failure).join();
      assertThat(made).isInstanceOf(CancellationException.class);
      assertThat(made.getStackTrace()).isNotEmpty();
    }
  }

  @Nested
  class A_retry_policy {

    @Test
    void applies_its_jitter_to_a_delay_that_the_server_asked_for() {
      var retryAfter = Duration.ofSeconds(10);
      var policy = RetryPolicy.builder().withDelayFn(context -> retryAfter).withJitter(0.5).build();
      var delays = new ArrayList<Duration>();

      for (int i = 0; i < 200; i++) {
        var execution = Execution.of(policy);
        execution.recordException(new IOException());
        delays.add(execution.getDelay());
      }

      assertThat(delays).anyMatch(delay -> delay.compareTo(retryAfter) < 0);
    }

    @Test
    void cuts_a_delay_to_the_time_left_instead_of_giving_up() {
      var limit = Duration.ofMinutes(1);
      var policy =
          RetryPolicy.builder()
              .withDelayFn(context -> Duration.ofHours(1))
              .withMaxDuration(limit)
              .build();
      var execution = Execution.of(policy);

      execution.recordException(new IOException());

      assertThat(execution.isComplete()).isFalse();
      assertThat(execution.getDelay()).isPositive().isLessThanOrEqualTo(limit);
    }

    @Test
    void hammers_in_the_last_millisecond_where_the_cut_delay_is_rounded_to_nothing() {
      var mostAttempts = 0;
      // Each run has less than a millisecond; on a machine that pauses, one of them gets its
      // chance.
      for (int run = 0; run < 20_000 && mostAttempts < 5; run++) {
        var attempts = new AtomicInteger();
        var policy =
            RetryPolicy.builder()
                .withDelayFn(context -> Duration.ofHours(1))
                .withMaxDuration(Duration.ofNanos(999_999))
                .withMaxAttempts(-1)
                .build();
        ignoringFailure(
            () ->
                Failsafe.with(policy)
                    .run(
                        () -> {
                          attempts.incrementAndGet();
                          throw new IllegalStateException();
                        }));
        mostAttempts = Math.max(mostAttempts, attempts.get());
      }

      assertThat(mostAttempts)
          .as("attempts within a millisecond, an hour apart by their delay")
          .isGreaterThanOrEqualTo(5);
    }

    @Test
    void cuts_delays_to_whole_milliseconds_in_a_call_that_blocks() {
      var delay = Duration.ofNanos(999_999);
      var attempts = 20_000;
      var elapsed = new AtomicReference<Duration>(Duration.ZERO);
      var policy =
          RetryPolicy.builder()
              .withDelay(delay)
              .withMaxAttempts(attempts)
              .onRetriesExceeded(event -> elapsed.set(event.getElapsedTime()))
              .build();

      ignoringFailure(
          () ->
              Failsafe.with(policy)
                  .run(
                      () -> {
                        throw new IllegalStateException();
                      }));

      // Had it waited, these would be 20 seconds at least, on any machine.
      assertThat(elapsed.get()).isPositive().isLessThan(delay.multipliedBy(attempts - 1));
    }

    @Test
    void retries_an_error() {
      var attempts = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  Failsafe.with(RetryPolicy.ofDefaults())
                      .run(
                          () -> {
                            attempts.incrementAndGet();
                            throw new AssertionError();
                          }))
          .isInstanceOf(AssertionError.class);

      assertThat(attempts).hasValue(3);
    }

    @Test
    void wraps_a_checked_exception_of_a_call_that_blocks() {
      assertThatThrownBy(
              () ->
                  Failsafe.with(RetryPolicy.ofDefaults())
                      .run(
                          () -> {
                            throw new IOException();
                          }))
          .isInstanceOf(FailsafeException.class)
          .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void drops_the_failures_of_earlier_attempts() {
      var attempts = new AtomicInteger();

      assertThatThrownBy(
              () ->
                  Failsafe.with(RetryPolicy.ofDefaults())
                      .run(
                          () -> {
                            throw new IllegalStateException("" + attempts.incrementAndGet());
                          }))
          .hasMessage("3")
          .hasNoSuppressedExceptions();
    }
  }

  @Nested
  class An_execution_that_is_driven_from_outside {

    @Test
    void never_tells_of_retries_although_it_tells_of_failed_attempts_and_of_the_end() {
      var told = new ArrayList<String>();
      var policy =
          RetryPolicy.builder()
              .onRetry(event -> told.add("retry"))
              .onRetryScheduled(event -> told.add("scheduled"))
              .onFailedAttempt(event -> told.add("failed"))
              .onRetriesExceeded(event -> told.add("exceeded"))
              .build();
      var execution = Execution.of(policy);

      while (!execution.isComplete()) {
        execution.recordException(new IOException());
      }

      assertThat(told).containsExactly("failed", "failed", "failed", "exceeded");
    }

    @Test
    void counts_attempts_and_obeys_abort_rules_without_waiting() {
      var policy =
          RetryPolicy.<Integer>builder()
              .withMaxAttempts(5)
              .withDelay(LONG)
              .handleResultIf(result -> result > 0)
              .abortIf(result -> result == 7)
              .build();
      var execution = Execution.of(policy);

      execution.recordResult(1);
      assertThat(execution.isComplete()).isFalse();
      assertThat(execution.getDelay()).isEqualTo(LONG);
      execution.recordResult(7);
      assertThat(execution.isComplete()).isTrue();
      assertThat(execution.getAttemptCount()).isEqualTo(2);
    }
  }

  @Nested
  class A_cancelled_call {

    @Test
    void still_runs_its_body_once_when_cancelled_before_it_is_executed() {
      var bodies = new AtomicInteger();
      Call<Void> call =
          Failsafe.with(RetryPolicy.<Void>ofDefaults())
              .newCall(
                  execution -> {
                    bodies.incrementAndGet();
                  });

      call.cancel(true);
      ignoringFailure(call::execute);

      assertThat(call.isCancelled()).isTrue();
      assertThat(bodies).hasValue(1);
    }

    @Test
    void begins_another_attempt_when_cancelled_between_two() {
      var bodies = new AtomicInteger();
      var call = new AtomicReference<Call<Void>>();
      // The listener stands where another thread's cancel may come at any time.
      var cancelled = new AtomicBoolean();
      var policy =
          RetryPolicy.<Void>builder()
              .onRetry(
                  event -> {
                    if (cancelled.compareAndSet(false, true)) {
                      call.get().cancel(false);
                    }
                  })
              .build();
      call.set(
          Failsafe.with(policy)
              .newCall(
                  execution -> {
                    if (bodies.incrementAndGet() > 0) {
                      throw new IllegalStateException();
                    }
                  }));

      ignoringFailure(() -> call.get().execute());

      assertThat(call.get().isCancelled()).isTrue();
      assertThat(bodies).as("attempts, one of them begun after the cancel").hasValue(2);
    }

    @Test
    void interrupts_the_thread_that_made_it_and_not_the_one_that_works() throws Exception {
      var working = new CountDownLatch(1);
      var goOn = new CountDownLatch(1);
      var workerWasInterrupted = new AtomicBoolean();
      Call<Void> call =
          Failsafe.with(RetryPolicy.<Void>ofDefaults())
              .newCall(
                  execution -> {
                    working.countDown();
                    goOn.await();
                    workerWasInterrupted.set(Thread.currentThread().isInterrupted());
                  });
      var worker = new Thread(() -> ignoringFailure(call::execute));
      worker.start();
      working.await();

      call.cancel(true);
      boolean makerWasInterrupted = Thread.interrupted();
      goOn.countDown();
      worker.join();

      assertThat(makerWasInterrupted).isTrue();
      assertThat(workerWasInterrupted).isFalse();
    }
  }

  @Nested
  class A_policy_of_somebody_else {

    @Test
    void is_asked_for_its_executor_once_per_execution_on_the_callers_thread() {
      var threads = new ArrayList<Thread>();
      var policy = new WaitingPolicy(RetryPolicy.ofDefaults(), threads, new ArrayList<>());
      var executor = Failsafe.with(policy);

      executor.run(() -> {});
      executor.run(() -> {});

      assertThat(threads).containsExactly(Thread.currentThread(), Thread.currentThread());
    }

    @Test
    void can_leave_the_decision_to_failsafe_and_do_the_waiting_itself() {
      var retry = RetryPolicy.builder().withDelay(LONG).build();
      var delays = new ArrayList<Duration>();

      assertThatThrownBy(
              () ->
                  Failsafe.with(new WaitingPolicy(retry, new ArrayList<>(), delays))
                      .run(
                          () -> {
                            throw new IllegalStateException();
                          }))
          .isInstanceOf(IllegalStateException.class);

      assertThat(delays).containsExactly(LONG, LONG);
    }
  }

  /** Remembers the delays and waits for none. */
  private static final class WaitingPolicy implements Policy<Object> {

    private final Policy<Object> decides;
    private final List<Thread> threads;
    private final List<Duration> delays;

    WaitingPolicy(Policy<Object> decides, List<Thread> threads, List<Duration> delays) {
      this.decides = decides;
      this.threads = threads;
      this.delays = delays;
    }

    @Override
    public PolicyConfig<Object> getConfig() {
      return decides.getConfig();
    }

    @Override
    public PolicyExecutor<Object> toExecutor(int policyIndex) {
      threads.add(Thread.currentThread());
      var deciding = decides.toExecutor(policyIndex);
      return new PolicyExecutor<>(this, policyIndex) {
        @Override
        public Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> apply(
            Function<SyncExecutionInternal<Object>, ExecutionResult<Object>> inner,
            Scheduler scheduler) {
          return execution -> {
            var current = execution;
            while (true) {
              var decided = deciding.postExecute(current, inner.apply(current));
              if (decided.isComplete()) {
                return decided;
              }
              delays.add(Duration.ofNanos(decided.getDelay()));
              current = current.copy();
            }
          };
        }
      };
    }
  }

  /** Runs everything at once and remembers after which delay it should have. */
  private static final class ImmediateScheduler implements Scheduler {

    private final List<Duration> delays = new ArrayList<>();

    @Override
    public java.util.concurrent.ScheduledFuture<?> schedule(
        java.util.concurrent.Callable<?> callable, long delay, TimeUnit unit) {
      delays.add(Duration.ofNanos(unit.toNanos(delay)));
      return Scheduler.DEFAULT.schedule(callable, 0, unit);
    }
  }

  /** For what throws, where something else is looked at. */
  private static void ignoringFailure(ThrowingCallable call) {
    try {
      call.call();
    } catch (Throwable ignored) {
      // as said
    }
  }
}
