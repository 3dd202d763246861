package dev.resilience.error;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.Objects;

/**
 * An attempt took longer than a policy allows, while the caller still waits. What the attempt
 * itself threw when it was interrupted, if anything, is suppressed in this.
 */
public final class AttemptTimeoutException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final Duration limit;

  /**
   * A time-out.
   *
   * @param policy the name of the policy
   * @param limit how long the attempt might have taken
   */
  public AttemptTimeoutException(String policy, Duration limit) {
    super(SafeText.of(policy) + ": no answer within " + DurationText.of(limit), null);
    this.limit = Objects.requireNonNull(limit, "limit");
  }

  /** How long the attempt might have taken. */
  public Duration limit() {
    return limit;
  }
}
