package dev.resilience.examples.program;

/** The arguments make no sense; the message tells the user why, in one line. */
public final class UsageException extends Exception {

  private static final long serialVersionUID = 1L;

  /** With one line for the user. */
  public UsageException(String message) {
    super(message);
  }
}
