package dev.resilience.error;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The dependency was not called. Has no stack trace: rejections are frequent just when time is
 * short, and say nothing of a place.
 */
public class RejectedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final @Nullable Duration retryAfter;

  /**
   * A rejection.
   *
   * @param message by what and why
   * @param retryAfter when trying again makes sense, or null where that is not known
   */
  protected RejectedException(String message, @Nullable Duration retryAfter) {
    super(message);
    this.retryAfter = retryAfter;
  }

  /** After which time trying again makes sense, where that is known. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
