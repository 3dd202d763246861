package dev.resilience.discovery.registry;

import dev.resilience.error.ResilienceException;

/** A registry could not be asked. */
public final class RegistryException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message what was asked
   * @param cause as it came out of the registry
   */
  public RegistryException(String message, Throwable cause) {
    super(message, cause);
  }
}
