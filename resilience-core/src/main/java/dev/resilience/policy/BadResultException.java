package dev.resilience.policy;

import dev.resilience.error.ResilienceException;
import org.jspecify.annotations.Nullable;

/**
 * The dependency answered, and a {@link Classifier} judges the answer a failure. Told to fallbacks,
 * which answer for failures; a caller never gets it, but the result itself. Has no stack trace.
 */
public final class BadResultException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /** Lost when serialized: a result need not be serializable. */
  private final transient @Nullable Object result;

  /**
   * A bad result.
   *
   * @param result as it was returned
   * @param verdict what it was judged
   */
  public BadResultException(@Nullable Object result, Verdict verdict) {
    super(
        (result == null ? "null" : "a result of " + result.getClass().getName())
            + " that was judged "
            + verdict);
    this.result = result;
  }

  /** The result, as it was returned; never part of the message. */
  public @Nullable Object result() {
    return result;
  }
}
