package dev.resilience.discovery.registry;

import dev.resilience.error.ResilienceException;

/**
 * Another process has registered an instance with the same id. A {@link RegistryStore} that can
 * tell fails {@link RegistryStore#put} with it.
 */
public final class InstanceTakenException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  /**
   * A failure.
   *
   * @param message which instance, and who has it
   */
  public InstanceTakenException(String message) {
    super(message);
  }
}
