package dev.resilience.retry;

import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A number of attempts, a number of rejections, which are no attempts since the dependency was not
 * called, and a back-off. Immutable.
 */
final class AttemptCounter implements AttemptRules {

  private final int maxAttempts;
  private final int maxRejections;
  private final Backoff backoff;

  AttemptCounter(int maxAttempts, int maxRejections, Backoff backoff) {
    this.maxAttempts = maxAttempts;
    this.maxRejections = maxAttempts == 1 ? 0 : maxRejections;
    this.backoff = backoff;
  }

  @Override
  public Count start() {
    return new CallCount();
  }

  @Override
  public int most() {
    return maxAttempts;
  }

  @Override
  public boolean spreadsOut() {
    return backoff.hasJitter();
  }

  @Override
  public String toString() {
    return maxAttempts + " attempts, " + backoff;
  }

  private final class CallCount implements Count {

    private int attempts;
    private int rejections;
    private Verdict last = Verdict.SUCCESS;
    private Duration previous = Duration.ZERO;

    @Override
    public boolean another(@Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
      last = verdict;
      if (verdict == Verdict.REJECTED) {
        return ++rejections <= maxRejections;
      }
      return ++attempts < maxAttempts && verdict.isRetryable();
    }

    @Override
    public Duration delay(RandomGenerator random) {
      previous = backoff.delay(attempts + rejections, previous, random);
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
      return attempts == 1 ? "the only attempt is used" : "all " + attempts + " attempts are used";
    }
  }
}
