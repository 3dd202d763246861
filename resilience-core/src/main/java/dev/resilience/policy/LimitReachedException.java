package dev.resilience.policy;

/** As many calls are under way as a concurrency limit allows. */
public final class LimitReachedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A rejection.
   *
   * @param message which limit
   */
  public LimitReachedException(String message) {
    super(message, null);
  }
}
