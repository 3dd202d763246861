package dev.resilience.simulation;

/**
 * The clock of a run and what happens on it, one event after the other: virtual time, or one thread
 * in real time.
 */
public interface EventLoop {

  /** Nanoseconds since the start of the run. */
  long now();

  /** Runs a task at a moment, or as soon as possible if that has passed. */
  void at(long moment, Runnable task);

  /** Runs a task after a time, in nanoseconds. */
  default void after(long nanos, Runnable task) {
    at(now() + nanos, task);
  }
}
