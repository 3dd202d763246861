package dev.resilience.simulation;

import dev.resilience.time.VirtualTime;

/** Virtual time that begins with a run, in nanoseconds. */
final class SimulatedClock {

  final VirtualTime.Manual time;
  private final long origin;

  SimulatedClock(long seed) {
    this.time = VirtualTime.manual(seed);
    this.origin = time.nanoTime();
  }

  long now() {
    return time.nanoTime() - origin;
  }

  void at(long moment, Runnable task) {
    time.startTimer(origin + moment, task);
  }

  void after(long nanos, Runnable task) {
    time.startTimer(time.nanoTime() + nanos, task);
  }
}
