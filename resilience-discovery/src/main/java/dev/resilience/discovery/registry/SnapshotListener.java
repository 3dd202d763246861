package dev.resilience.discovery.registry;

/** Hears of changes in who is there. */
@FunctionalInterface
public interface SnapshotListener {

  /**
   * Something has changed: who is there, how they describe themselves, or whether the answer is
   * stale. Called by one thread at a time, in order, without a lock; be quick. What it throws is
   * contained and logged.
   */
  void on(ServiceSnapshot snapshot);
}
