package dev.resilience.policy;

import java.time.Duration;

/** A rate limit has no token left, or none in time. */
public final class RateLimitedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message which limit
   * @param retryAfter when there will be a token
   */
  public RateLimitedException(String message, Duration retryAfter) {
    super(message, retryAfter);
  }
}
