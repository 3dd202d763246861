package dev.resilience.retry;

import dev.failsafe.Execution;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyConfig;
import dev.failsafe.event.EventListener;
import dev.failsafe.event.ExecutionAttemptedEvent;
import dev.failsafe.event.ExecutionCompletedEvent;
import dev.failsafe.event.ExecutionScheduledEvent;
import dev.failsafe.spi.FailurePolicy;
import dev.resilience.failsafe.FailsafeFailures;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The attempts, rules, delays and listeners of a policy of the user's own. What has nothing to do
 * with rules it is not asked: that nobody waits any more, or an {@link Error}. {@link Execution}
 * tells all listeners but two, of which it knows nothing, since it does not wait: those are told
 * here.
 */
final class FailsafeAttempts implements AttemptRules {

  private final RetryPolicy<Object> policy;
  private final RetryPolicyConfig<Object> config;

  @SuppressWarnings("unchecked") // what it sees of results are those of the user's calls
  FailsafeAttempts(RetryPolicy<?> policy) {
    this.policy = (RetryPolicy<Object>) policy;
    this.config = this.policy.getConfig();
  }

  @Override
  public Count start() {
    return new Adopted(Execution.of(policy), config);
  }

  @Override
  public int most() {
    return config.getMaxAttempts() < 0 ? Integer.MAX_VALUE : config.getMaxAttempts();
  }

  @Override
  public boolean spreadsOut() {
    return config.getJitter() != null || config.getJitterFactor() > 0;
  }

  @Override
  @SuppressWarnings("NullAway") // Failsafe's results may be null
  public boolean accept(@Nullable Object result) {
    if (policy instanceof FailurePolicy<?> rules && isFailure(rules, result)) {
      return false;
    }
    if (config.getSuccessListener() != null) {
      Execution.of(policy).recordResult(result);
    }
    return true;
  }

  @SuppressWarnings({"unchecked", "NullAway"})
  private static boolean isFailure(FailurePolicy<?> rules, @Nullable Object result) {
    return ((FailurePolicy<Object>) rules).isFailure(result, null);
  }

  @Override
  public String toString() {
    return "Failsafe's retry policy, "
        + (most() == Integer.MAX_VALUE ? "any number of" : most())
        + " attempts";
  }

  private static final class Adopted implements Count {

    private final Execution<Object> execution;
    private final RetryPolicyConfig<Object> config;
    private @Nullable Object lastResult;
    private @Nullable Throwable lastFailure;
    private boolean isAsked;

    Adopted(Execution<Object> execution, RetryPolicyConfig<Object> config) {
      this.execution = execution;
      this.config = config;
    }

    @Override
    @SuppressWarnings("NullAway") // Failsafe's results and exceptions may be null
    public boolean another(@Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
      isAsked = verdict.isRetryable();
      if (!isAsked) {
        if (verdict != Verdict.CALLER_CANCELLED) {
          gaveUp(result, failure);
        }
        return false;
      }
      execution.record(result, failure == null ? null : FailsafeFailures.theirs(failure));
      return !execution.isComplete();
    }

    @Override
    public Duration delay(RandomGenerator random) {
      return execution.getDelay();
    }

    @Override
    public @Nullable String whyNoOther() {
      int most = config.getMaxAttempts();
      return isAsked && (most < 0 || execution.getAttemptCount() < most)
          ? "the retry policy wants no other attempt"
          : null;
    }

    @Override
    @SuppressWarnings("NullAway")
    public void scheduled(@Nullable Object result, @Nullable Throwable failure, Duration delay) {
      lastResult = result;
      lastFailure = failure == null ? null : FailsafeFailures.theirs(failure);
      tell(
          config.getRetryScheduledListener(),
          new ExecutionScheduledEvent<>(result, lastFailure, delay, execution));
    }

    @Override
    @SuppressWarnings("NullAway")
    public void begins() {
      tell(
          config.getRetryListener(),
          new ExecutionAttemptedEvent<>(lastResult, lastFailure, execution));
    }

    @Override
    @SuppressWarnings("NullAway")
    public void gaveUp(@Nullable Object result, @Nullable Throwable failure) {
      tell(
          config.getFailureListener(),
          new ExecutionCompletedEvent<>(
              result, failure == null ? null : FailsafeFailures.theirs(failure), execution));
    }

    /** As Failsafe does, what a listener throws is swallowed. */
    private static <E> void tell(@Nullable EventListener<E> listener, E event) {
      if (listener == null) {
        return;
      }
      try {
        listener.accept(event);
      } catch (Throwable swallowed) {
        // as said
      }
    }
  }
}
