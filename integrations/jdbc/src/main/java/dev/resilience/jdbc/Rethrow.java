package dev.resilience.jdbc;

import dev.resilience.error.Failures;

/** Throws what was caught as it is. */
final class Rethrow {

  private Rethrow() {}

  /**
   * Throws a failure without looking at its class.
   *
   * @param <X> what the caller declares
   * @return never, so that the caller can say {@code throw}
   */
  static <X extends Throwable> RuntimeException asIs(Throwable failure) throws X {
    throw Failures.<X>asThrown(failure);
  }
}
