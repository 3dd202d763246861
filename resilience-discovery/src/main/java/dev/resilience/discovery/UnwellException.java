package dev.resilience.discovery;

import dev.resilience.error.ResilienceException;

/** An instance is not well; the message says how it shows. */
final class UnwellException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  UnwellException(String message) {
    super(message);
  }
}
