package dev.resilience.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.CallReport;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Random scripts of outcomes, durations, delays, deadlines and callers who leave, against a plain
 * account of what a retry does. To repeat one: {@code -Dresilience.seed=n}.
 */
@SuppressWarnings("NullAway") // it is plain on purpose
class RetryPropertyTest {

  private static final long NEVER = Long.MAX_VALUE;

  @Test
  void does_what_the_plain_account_says_and_never_waits_past_the_deadline() {
    Schedules.check(10_000, (seed, random) -> new Script(seed).play());
  }

  /** One attempt: how long it takes, and what comes of it. */
  private record Attempt(long takes, Throwable failure) {}

  private static final class Script {

    private final VirtualTime.Manual time;
    private final List<Attempt> attempts = new ArrayList<>();
    private final List<Long> delays = new ArrayList<>();
    private final int mostAttempts;
    private final int mostRejections;
    private final boolean waitsForOpenCircuit;
    private final long deadline;
    private final long leaves;

    private long expectedEnd;
    private int expectedAttempts;
    private int expectedRejections;
    private Object expected;

    Script(long seed) {
      var random = new Random(seed);
      time = VirtualTime.manual(seed);
      mostAttempts = 1 + random.nextInt(5);
      mostRejections = random.nextInt(4);
      waitsForOpenCircuit = random.nextInt(4) > 0;
      for (int i = 0; i < mostAttempts + mostRejections; i++) {
        attempts.add(new Attempt(random.nextInt(4), outcome(random)));
        delays.add((long) random.nextInt(6));
      }
      deadline = random.nextBoolean() ? NEVER : 1 + random.nextInt(20);
      leaves = random.nextBoolean() ? NEVER : random.nextInt(20);
    }

    private static Throwable outcome(Random random) {
      int dice = random.nextInt(10);
      return dice == 0
          ? null
          : dice == 1
              ? new AssertionError()
              : dice < 4
                  ? new CircuitOpenException("c", Duration.ofNanos(10L * (1 + random.nextInt(6))))
                  : new IOException();
    }

    /**
     * Attempts and delays end at tens of nanoseconds, the deadline is one after, and the caller
     * leaves five after: no two things happen at once.
     */
    void play() {
      account();
      var reached = new int[1];
      var root = Context.background(time).withCancel();
      var caller = deadline == NEVER ? root : root.withTimeout(Duration.ofNanos(10 * deadline + 1));
      var builder = Retry.builder();
      if (waitsForOpenCircuit) {
        builder.waitForOpenCircuit();
      }
      var retry =
          builder
              .maxAttempts(mostAttempts)
              .maxRejections(mostRejections)
              .backoff(
                  Backoff.list(
                      Duration.ofNanos(10 * delays.get(0)),
                      delays.stream()
                          .skip(1)
                          .map(delay -> Duration.ofNanos(10 * delay))
                          .toArray(Duration[]::new)))
              .build();
      var leaving =
          leaves == NEVER ? null : time.startTimer(time.nanoTime() + 10 * leaves + 5, root::cancel);
      var answer =
          Resilience.of(retry)
              .callAsync(
                  caller,
                  c -> {
                    Attempt attempt = attempts.get(reached[0]++);
                    return c.delay(Duration.ofNanos(10 * attempt.takes))
                        .thenCompose(
                            nothing ->
                                attempt.failure == null
                                    ? CompletableFuture.completedFuture("well")
                                    : CompletableFuture.failedFuture(attempt.failure));
                  })
              .toCompletableFuture();
      while (!answer.isDone() && time.advanceToNext()) {
        // goes on
      }

      Object seen = answer.handle((value, failure) -> failure == null ? value : failure).join();
      assertThat(reached[0]).as("attempts").isEqualTo(expectedAttempts);
      assertThat(time.elapsed().toNanos()).as("end").isEqualTo(expectedEnd);
      if (expected instanceof Class<?> type) {
        assertThat(seen).isInstanceOf(type);
      } else {
        assertThat(seen).isSameAs(expected);
      }
      if (seen instanceof IOException failure) {
        assertThat(CallReport.from(failure).orElseThrow().attemptCount())
            .isEqualTo(reached[0] - expectedRejections);
      }
      if (leaving != null) {
        leaving.cancel();
      }
      assertThat(time.pendingTimers()).as("timers left by the call").isZero();
    }

    private void account() {
      long cancelAt = leaves == NEVER ? NEVER : 10 * leaves + 5;
      long end = deadline == NEVER ? NEVER : 10 * deadline + 1;
      long now = 0;
      int called = 0;
      int rejected = 0;
      for (int i = 0; i < attempts.size(); i++) {
        Attempt attempt = attempts.get(i);
        expectedAttempts = i + 1;
        long over = now + 10 * attempt.takes;
        if (over > Math.min(cancelAt, end)) {
          finish(
              Math.min(cancelAt, end),
              cancelAt < end
                  ? ContextCancelledException.class
                  : dev.resilience.context.DeadlineExceededException.class);
          return;
        }
        now = over;
        if (attempt.failure == null) {
          finish(now, "well");
          return;
        }
        long delay =
            attempt.failure instanceof CircuitOpenException open
                ? open.retryAfter().orElseThrow().toNanos()
                : 10 * delays.get(i);
        boolean isRejected = attempt.failure instanceof CircuitOpenException;
        if (isRejected) {
          rejected++;
          expectedRejections++;
        } else {
          called++;
        }
        if (attempt.failure instanceof Error
            || (isRejected && !waitsForOpenCircuit)
            || mostAttempts == 1
            || (isRejected ? rejected > mostRejections : called == mostAttempts)
            || (end != NEVER && delay >= end - now)) {
          finish(now, attempt.failure);
          return;
        }
        if (now + delay > cancelAt) {
          finish(cancelAt, ContextCancelledException.class);
          return;
        }
        now += delay;
      }
    }

    private void finish(long at, Object with) {
      expectedEnd = at;
      expected = with;
    }
  }
}
