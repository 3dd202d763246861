package dev.resilience.policy;

/**
 * Hears what policies do. Called on the thread of the call, or of a timer's executor, without a
 * lock; be quick. What it throws is contained and logged.
 */
@FunctionalInterface
public interface PolicyListener {

  /** Something happened. */
  void on(PolicyEvent event);
}
