package dev.resilience.error;

import java.time.Duration;

/** A circuit breaker is open, or half-open with all its probes under way. */
public final class CircuitOpenException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final String breaker;

  /**
   * A rejection.
   *
   * @param breaker its name
   * @param retryAfter when the next probe may be let through
   */
  public CircuitOpenException(String breaker, Duration retryAfter) {
    super(breaker, retryAfter);
    this.breaker = breaker;
  }

  /**
   * A rejection of a circuit that is held open, nobody knows for how long.
   *
   * @param breaker its name
   */
  public CircuitOpenException(String breaker) {
    super(breaker, null);
    this.breaker = breaker;
  }

  /** The name of the breaker. */
  public String breaker() {
    return breaker;
  }

  /** Composed only when somebody reads it. */
  @Override
  public String getMessage() {
    return "circuit '"
        + breaker
        + retryAfter().map(after -> "' is open, retry after " + after).orElse("' is held open");
  }
}
