package dev.resilience.error;

/** The time left before the caller's deadline is too short for what would have to be done. */
public final class NoTimeLeftException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message what was needed and what was left
   */
  public NoTimeLeftException(String message) {
    super(message, null);
  }
}
