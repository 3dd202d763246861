package dev.resilience.time;

/**
 * A task that a {@link TimeSource} runs once when its moment has come, unless it was cancelled
 * before.
 *
 * <p>Thread-safe.
 */
public interface Timer {

  /**
   * Cancels this timer. When this returns, the time source holds no reference to the task. Never
   * waits, also not for a task that is running.
   *
   * @return true: the task will never run; false: it ran, runs, or was cancelled before
   */
  boolean cancel();
}
