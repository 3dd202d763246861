package dev.resilience.error;

/**
 * The thread was interrupted by somebody outside of this library while it worked or waited for a
 * call. The thread's interrupt flag is set again.
 */
public final class CallInterruptedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /**
   * An interruption.
   *
   * @param cause as it was thrown
   */
  public CallInterruptedException(InterruptedException cause) {
    super("interrupted from outside", cause);
  }
}
