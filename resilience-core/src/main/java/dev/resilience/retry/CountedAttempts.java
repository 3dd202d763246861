package dev.resilience.retry;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A number of attempts, counted by Failsafe. What it is told as the result of an attempt is our
 * verdict, so that the truth table stands in its own terms: what is handled, and what aborts. It
 * computes no delay, draws no jitter and looks at no clock.
 */
final class CountedAttempts implements Attempts {

  private final RetryPolicy<Verdict> policy;
  private final Backoff backoff;

  CountedAttempts(int maxAttempts, Backoff backoff) {
    this.policy =
        RetryPolicy.<Verdict>builder()
            .withMaxAttempts(maxAttempts)
            .handleResultIf(verdict -> verdict != Verdict.SUCCESS)
            .abortIf(verdict -> !verdict.isRetryable())
            .build();
    this.backoff = backoff;
  }

  @Override
  public Count start() {
    return new Failures(Execution.of(policy), backoff);
  }

  @Override
  public int most() {
    return policy.getConfig().getMaxAttempts();
  }

  @Override
  public String toString() {
    return policy.getConfig().getMaxAttempts() + " attempts, " + backoff;
  }

  private static final class Failures implements Count {

    private final Execution<Verdict> execution;
    private final Backoff backoff;
    private Duration previous = Duration.ZERO;

    Failures(Execution<Verdict> execution, Backoff backoff) {
      this.execution = execution;
      this.backoff = backoff;
    }

    @Override
    public boolean another(@Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
      execution.recordResult(verdict);
      return !execution.isComplete();
    }

    @Override
    public Duration delay(RandomGenerator random) {
      previous = backoff.delay(execution.getAttemptCount(), previous, random);
      return previous;
    }
  }
}
