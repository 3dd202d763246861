package dev.resilience.discovery.health;

import dev.resilience.error.ResilienceException;

/** A check found an instance unhealthy; the message says why. */
final class UnhealthyException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  UnhealthyException(String message) {
    super(message);
  }
}
