package dev.resilience.concurrent;

import dev.resilience.error.RejectedException;

/**
 * Hears what happens to the tasks of a {@link WorkerPool}. Called without a lock, on the thread
 * that did it; calls for different tasks come concurrently. Be quick. What a method throws is
 * contained and logged.
 */
public interface PoolListener {

  /** A task was accepted. */
  default void onAccepted(PoolTask<?> task) {}

  /** An attempt begins. */
  default void onStarted(PoolTask<?> task) {}

  /** A task has ended; {@link Task#state} says how. Comes exactly once for each accepted task. */
  default void onEnded(PoolTask<?> task) {}

  /** A task was refused. */
  default void onRefused(String name, RejectedException why) {}
}
