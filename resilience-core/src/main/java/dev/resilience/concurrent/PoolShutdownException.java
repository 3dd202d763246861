package dev.resilience.concurrent;

import dev.resilience.error.RejectedException;

/** A pool is shutting down or closed, and takes no more tasks. */
public final class PoolShutdownException extends RejectedException {

  private static final long serialVersionUID = 1L;

  PoolShutdownException(String message) {
    super(message, null);
  }
}
