package dev.resilience.error;

/** There is no instance of a service to call. */
public final class NoInstanceException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message which service, and why there is none
   */
  public NoInstanceException(String message) {
    super(message, null);
  }
}
