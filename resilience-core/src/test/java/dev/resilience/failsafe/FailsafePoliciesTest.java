package dev.resilience.failsafe;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.Fallback;
import dev.failsafe.RetryPolicy;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** A stack of ours among Failsafe's policies. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("NullAway") // nulls are given on purpose
class FailsafePoliciesTest {

  private final Breaker breaker =
      Breaker.builder("payments").window(4).minimumCalls(4).countTimeoutsAsFailures().build();
  private final Retry retry = Retry.builder().backoff(Backoff.constant(ofMillis(1))).build();
  private final AtomicInteger attempts = new AtomicInteger();

  private FailsafeExecutor<String> failsafe(Context ctx) {
    return Failsafe.with(FailsafePolicies.of(ctx, retry, breaker));
  }

  private String failTwice() throws IOException {
    if (attempts.incrementAndGet() < 3) {
      throw new IOException("no " + attempts);
    }
    return "well";
  }

  @Nested
  class A_blocking_call {

    private final VirtualTime.Automatic time = VirtualTime.automatic(1);
    private final Context root = Context.background(time);

    @Test
    void is_retried_and_counted() throws Exception {
      String answer = time.run(() -> failsafe(root).get(FailsafePoliciesTest.this::failTwice));

      assertThat(answer).isEqualTo("well");
      assertThat(attempts).hasValue(3);
      assertThat(time.elapsed()).isEqualTo(ofMillis(2));
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(2);
    }

    @Test
    void gets_our_exceptions_as_they_are_and_checked_ones_as_failsafe_wraps_them()
        throws Exception {
      time.run(
          () -> {
            assertThatThrownBy(
                    () ->
                        failsafe(root)
                            .get(
                                () -> {
                                  throw new IOException("down");
                                }))
                .isInstanceOf(FailsafeException.class)
                .hasCauseInstanceOf(IOException.class);
            breaker.forceOpen();
            assertThatThrownBy(() -> failsafe(root).get(() -> "not reached"))
                .isInstanceOf(CircuitOpenException.class);
            return null;
          });
    }

    @Test
    void stands_among_policies_of_failsafes() throws Exception {
      var theirFallback = Fallback.<String>of("instead");
      var theirRetry = RetryPolicy.<String>builder().withMaxAttempts(2).build();

      Object answer =
          time.run(
              () ->
                  Failsafe.with(theirFallback)
                      .compose(FailsafePolicies.of(root, breaker))
                      .compose(theirRetry)
                      .get(
                          () -> {
                            attempts.incrementAndGet();
                            throw new IOException("down");
                          }));

      assertThat(answer).isEqualTo("instead");
      assertThat(attempts).hasValue(2);
      assertThat(breaker.snapshot().windowCalls()).as("all of it is one call").isEqualTo(1);
    }

    @Test
    void ends_when_the_context_is_cancelled() throws Exception {
      var caller = root.withCancel();
      time.run(
          () -> {
            time.start(
                "leaves",
                () -> {
                  root.sleep(ofSeconds(1));
                  caller.cancel();
                });
            assertThatThrownBy(
                    () ->
                        failsafe(caller)
                            .get(
                                () -> {
                                  attempts.incrementAndGet();
                                  root.sleep(ofSeconds(100));
                                  return "not interrupted";
                                }))
                .isInstanceOf(ContextCancelledException.class);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            return null;
          });

      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
      assertThat(attempts).hasValue(1);
      assertThat(breaker.snapshot().cancelled()).isEqualTo(1);
      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(ContextProbe.waiters(caller)).isZero();
    }

    @Test
    void ends_with_the_deadline_of_the_context() throws Exception {
      var caller = root.withTimeout(ofSeconds(1));
      time.run(
          () -> {
            assertThatThrownBy(() -> failsafe(caller).run(() -> root.sleep(ofSeconds(100))))
                .isInstanceOf(DeadlineExceededException.class);
            return null;
          });

      assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    }

    @Test
    void is_limited_by_our_timeout() throws Exception {
      var limited = FailsafePolicies.<String>of(root, retry, FixedTimeout.of(ofSeconds(1)));
      time.run(
          () -> {
            assertThatThrownBy(
                    () ->
                        Failsafe.with(limited)
                            .run(
                                () -> {
                                  attempts.incrementAndGet();
                                  root.sleep(ofSeconds(100));
                                }))
                .isInstanceOf(AttemptTimeoutException.class);
            return null;
          });

      assertThat(attempts).hasValue(3);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(3).plusMillis(2));
    }
  }

  @Nested
  class An_asynchronous_call {

    @Test
    void is_retried_and_counted() throws Exception {
      assertThat(
              failsafe(Context.background()).getAsync(FailsafePoliciesTest.this::failTwice).get())
          .isEqualTo("well");

      assertThat(attempts).hasValue(3);
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(2);
    }

    @Test
    void ends_when_the_context_is_cancelled_and_interrupts_the_work() throws Exception {
      try (var caller = Context.background().withCancel()) {
        var working = new CountDownLatch(1);
        var interrupted = new CountDownLatch(1);
        var answer =
            failsafe(caller)
                .getAsync(
                    () -> {
                      working.countDown();
                      try {
                        new CountDownLatch(1).await();
                      } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw new IOException("aborted", e);
                      }
                      return "never";
                    });
        working.await();

        caller.cancel();

        assertThatThrownBy(answer::get)
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(ContextCancelledException.class);
        interrupted.await();
        assertThat(breaker.snapshot().cancelled()).isEqualTo(1);
        assertThat(ContextProbe.waiters(caller)).isZero();
      }
    }

    @Test
    void that_is_cancelled_gives_back_what_it_held() throws Exception {
      breaker.forceOpen();
      breaker.reset();
      var working = new CountDownLatch(1);
      var answer =
          failsafe(Context.background())
              .getAsync(
                  () -> {
                    working.countDown();
                    new CountDownLatch(1).await();
                    return "never";
                  });
      working.await();

      answer.cancel(true);

      assertThat(breaker.snapshot().cancelled()).isEqualTo(1);
      assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
    }
  }

  @Test
  void nulls_are_refused() {
    assertThatThrownBy(() -> FailsafePolicies.of(null, breaker)).hasMessage("ctx");
    assertThatThrownBy(() -> FailsafePolicies.of(Context.background(), retry, null))
        .hasMessage("outermostFirst[1]");
  }

  @Test
  void describes_itself() {
    assertThat(FailsafePolicies.of(Context.background(), breaker))
        .hasToString("breaker 'payments' (CLOSED)");
  }
}
