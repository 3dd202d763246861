package dev.resilience.cache;

import dev.resilience.error.RejectedException;

/** The cache was closed, or the context that owns it has ended; nothing was loaded or changed. */
public final class CacheClosedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param message which cache, and why it is closed
   */
  public CacheClosedException(String message) {
    super(message, null);
  }
}
