package dev.resilience.error;

/** As many calls are under way as a concurrency limit allows. */
public final class ConcurrencyLimitExceededException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message which limit
   */
  public ConcurrencyLimitExceededException(String message) {
    super(message, null);
  }
}
