package dev.resilience.observe;

import java.util.Objects;

/**
 * Hears what policies do. Called on the thread of the call, or of a timer's executor, without a
 * lock; be quick. What it throws is contained and logged.
 */
@FunctionalInterface
public interface PolicyListener {

  /** Something happened. */
  void on(PolicyEvent event);

  /** Hears and does nothing. */
  static PolicyListener none() {
    return ContainedListener.NONE;
  }

  /**
   * A listener that never throws: what the other one throws is logged; for policies.
   *
   * @param listener the user's
   */
  static PolicyListener contained(PolicyListener listener) {
    return listener instanceof ContainedListener
        ? listener
        : new ContainedListener(Objects.requireNonNull(listener, "listener"));
  }
}
