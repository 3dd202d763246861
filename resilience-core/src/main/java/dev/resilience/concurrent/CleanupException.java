package dev.resilience.concurrent;

import dev.resilience.error.ResilienceException;
import dev.resilience.text.SafeText;

/**
 * Something could not be closed. {@link #getCause} is what its closer threw, the end of the
 * cleanup's time if it was interrupted, or the place where it hangs; what else could not be closed
 * is suppressed.
 */
public final class CleanupException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final String resource;

  CleanupException(String resource, Throwable cause) {
    super(resource + " was not closed: " + SafeText.messageOf(cause), cause);
    this.resource = resource;
  }

  /** The name of the resource. */
  public String resource() {
    return resource;
  }
}
