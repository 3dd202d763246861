package dev.resilience.error;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A circuit breaker is open, or half-open with all its probes under way. */
public final class CircuitOpenException extends RejectedException {

  private static final long serialVersionUID = 1L;

  private final String breaker;
  private final boolean isProbed;

  /**
   * A rejection.
   *
   * @param breaker its name
   * @param retryAfter when the next probe may be let through
   */
  public CircuitOpenException(String breaker, Duration retryAfter) {
    this(breaker, retryAfter, false);
  }

  private CircuitOpenException(String breaker, @Nullable Duration retryAfter, boolean isProbed) {
    super(breaker, retryAfter);
    this.breaker = breaker;
    this.isProbed = isProbed;
  }

  /**
   * A rejection of a circuit that is held open, nobody knows for how long.
   *
   * @param breaker its name
   */
  public CircuitOpenException(String breaker) {
    this(breaker, null, false);
  }

  /**
   * A rejection of a half-open circuit: the probes are out, or the call has too little time left to
   * be one. When a probe returns is not known, so there is no {@link #retryAfter}.
   *
   * @param breaker its name
   */
  public static CircuitOpenException whileProbed(String breaker) {
    return new CircuitOpenException(breaker, null, true);
  }

  /** The name of the breaker. */
  public String breaker() {
    return breaker;
  }

  /** Composed only when somebody reads it. */
  @Override
  public String getMessage() {
    return "circuit '"
        + SafeText.of(breaker)
        + (isProbed
            ? "' is half-open and being probed"
            : retryAfter()
                .map(after -> "' is open, retry after " + DurationText.of(after))
                .orElse("' is held open"));
  }
}
