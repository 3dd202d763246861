package dev.resilience.concurrent;

import dev.resilience.error.RejectedException;

/** A task was let go from a queue before it began, to make room for a more urgent one. */
public final class TaskDroppedException extends RejectedException {

  private static final long serialVersionUID = 1L;

  TaskDroppedException(String message) {
    super(message, null);
  }
}
