package dev.resilience.examples.pipeline;

/** The arguments make no sense; the message tells the user why, in one line. */
final class UsageException extends Exception {

  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
