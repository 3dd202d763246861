package dev.resilience.failsafe;

import dev.failsafe.BulkheadFullException;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.FailsafeException;
import dev.failsafe.RateLimiterConfig;
import dev.failsafe.TimeoutExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.ResilienceException;
import java.time.Duration;

/**
 * Failsafe's exceptions as ours and back; for policies. So that our policies judge what a policy of
 * Failsafe's inside them did, no {@link FailsafeException} reaches a user, and yet the rules of a
 * Failsafe policy outside see the exceptions that they name.
 */
public final class FailsafeFailures {

  private FailsafeFailures() {}

  /**
   * What comes out of Failsafe, in our terms: the exception of the work as it was thrown, or one of
   * our own with Failsafe's suppressed in it.
   */
  public static Throwable ours(Throwable failure) {
    ResilienceException ours;
    if (failure instanceof TimeoutExceededException timeout) {
      ours =
          new AttemptTimeoutException(
              "Failsafe's timeout", timeout.getTimeout().getConfig().getTimeout());
    } else if (failure instanceof CircuitBreakerOpenException open) {
      ours =
          new CircuitOpenException(
              "Failsafe's circuit breaker", open.getCircuitBreaker().getRemainingDelay());
    } else if (failure instanceof BulkheadFullException full) {
      ours =
          new ConcurrencyLimitExceededException(
              "Failsafe's bulkhead: all "
                  + full.getBulkhead().getConfig().getMaxConcurrency()
                  + " permits are in use");
    } else if (failure instanceof dev.failsafe.RateLimitExceededException limited) {
      ours =
          new RateLimitExceededException(
              "Failsafe's rate limiter: no permit in time",
              nextPermit(limited.getRateLimiter().getConfig()));
    } else if (failure.getClass() == FailsafeException.class && failure.getCause() != null) {
      return failure.getCause();
    } else {
      return failure;
    }
    ours.addSuppressed(failure);
    return ours;
  }

  /** What goes into a policy of Failsafe's: its own exception again, where there was one. */
  public static Throwable theirs(Throwable failure) {
    if (failure instanceof ResilienceException) {
      for (Throwable suppressed : failure.getSuppressed()) {
        if (suppressed instanceof FailsafeException theirs) {
          return theirs;
        }
      }
    }
    return failure;
  }

  /** The rate, since Failsafe does not tell when the next one is due. */
  private static Duration nextPermit(RateLimiterConfig<?> config) {
    Duration interval = config.getMaxRate();
    return interval != null ? interval : config.getPeriod();
  }
}
