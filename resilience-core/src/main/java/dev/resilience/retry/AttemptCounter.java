package dev.resilience.retry;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A number of attempts, counted by Failsafe, and of rejections, which are none: the dependency was
 * not called. What it is told as the result of an attempt is our verdict, so that the truth table
 * stands in its own terms: what is handled, and what aborts. It computes no delay, draws no jitter
 * and looks at no clock.
 */
final class AttemptCounter implements AttemptRules {

  private final RetryPolicy<Verdict> policy;
  private final int maxRejections;
  private final Backoff backoff;

  AttemptCounter(int maxAttempts, int maxRejections, Backoff backoff) {
    this.policy =
        RetryPolicy.<Verdict>builder()
            .withMaxAttempts(maxAttempts)
            .handleResultIf(verdict -> verdict != Verdict.SUCCESS)
            .abortIf(verdict -> !verdict.isRetryable())
            .build();
    this.maxRejections = maxAttempts == 1 ? 0 : maxRejections;
    this.backoff = backoff;
  }

  @Override
  public Count start() {
    return new Failures(Execution.of(policy), maxRejections, backoff);
  }

  @Override
  public int most() {
    return policy.getConfig().getMaxAttempts();
  }

  @Override
  public boolean spreadsOut() {
    return backoff.hasJitter();
  }

  @Override
  public String toString() {
    return policy.getConfig().getMaxAttempts() + " attempts, " + backoff;
  }

  private static final class Failures implements Count {

    private final Execution<Verdict> execution;
    private final int maxRejections;
    private final Backoff backoff;
    private int tries;
    private int rejections;
    private Verdict last = Verdict.SUCCESS;
    private Duration previous = Duration.ZERO;

    Failures(Execution<Verdict> execution, int maxRejections, Backoff backoff) {
      this.execution = execution;
      this.maxRejections = maxRejections;
      this.backoff = backoff;
    }

    @Override
    public boolean another(@Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
      tries++;
      last = verdict;
      if (verdict == Verdict.REJECTED) {
        return ++rejections <= maxRejections;
      }
      execution.recordResult(verdict);
      return !execution.isComplete();
    }

    @Override
    public Duration delay(RandomGenerator random) {
      previous = backoff.delay(tries, previous, random);
      return previous;
    }

    @Override
    public @Nullable String whyNoOther() {
      if (last == Verdict.REJECTED) {
        return maxRejections == 0
            ? "rejected, and not to be tried again"
            : "rejected " + rejections + " times";
      }
      if (!last.isRetryable()) {
        return null;
      }
      int used = execution.getAttemptCount();
      return used == 1 ? "the only attempt is used" : "all " + used + " attempts are used";
    }
  }
}
