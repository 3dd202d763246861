package dev.resilience.concurrent;

/**
 * Hears what a {@link ResourcePool} does besides lending. Called without a lock. Be quick; what a
 * method throws is contained and logged.
 */
public interface ResourcePoolListener {

  /** A resource was taken from a borrower whose context has ended. */
  default void onRevoked(Loan<?> loan) {}

  /**
   * A resource has been lent for longer than {@link ResourcePool.Builder#leakAfter}. Once a loan.
   */
  default void onLeakSuspected(Loan<?> loan) {}

  /** A resource could not be opened in the background, or not be closed. */
  default void onFailure(Throwable failure) {}
}
