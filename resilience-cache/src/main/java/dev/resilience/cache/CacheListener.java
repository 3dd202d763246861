package dev.resilience.cache;

import java.util.Objects;

/**
 * Hears what a cache does beyond handing out values. Called on the thread that ended the load or
 * read the stale value, without a lock; be quick. What it throws is contained and logged.
 */
@FunctionalInterface
public interface CacheListener {

  /** Something happened. */
  void on(CacheEvent event);

  /** Hears and does nothing. */
  static CacheListener none() {
    return ContainedListener.NONE;
  }

  /**
   * A listener that never throws: what the other one throws is logged.
   *
   * @param listener the user's
   */
  static CacheListener contained(CacheListener listener) {
    return listener instanceof ContainedListener
        ? listener
        : new ContainedListener(Objects.requireNonNull(listener, "listener"));
  }
}
