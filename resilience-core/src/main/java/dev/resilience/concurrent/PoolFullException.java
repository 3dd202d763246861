package dev.resilience.concurrent;

import dev.resilience.error.RejectedException;

/** The queue of a pool is full, and nothing in it is less urgent. */
public final class PoolFullException extends RejectedException {

  private static final long serialVersionUID = 1L;

  PoolFullException(String message) {
    super(message, null);
  }
}
