package dev.resilience.simulation;

import dev.resilience.time.VirtualTime;

/** Virtual time that begins with a run. */
final class SimulatedClock implements EventLoop {

  final VirtualTime.Manual time;
  private final long origin;

  SimulatedClock(long seed) {
    this.time = VirtualTime.manual(seed);
    this.origin = time.nanoTime();
  }

  @Override
  public long now() {
    return time.nanoTime() - origin;
  }

  @Override
  public void at(long moment, Runnable task) {
    time.startTimer(origin + moment, task);
  }
}
