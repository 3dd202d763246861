package dev.resilience.error;

import java.time.Duration;

/** A rate limit has no token left, or none in time. */
public final class RateLimitExceededException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message which limit
   * @param retryAfter when there will be a token
   */
  public RateLimitExceededException(String message, Duration retryAfter) {
    super(message, retryAfter);
  }
}
