package dev.resilience.benchmarks;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** The system's time, with an executor whose tasks run when they are asked for. For one thread. */
final class HandedOver implements TimeSource {

  private final TimeSource system = TimeSource.system();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

  void runAll() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  @Override
  public Executor executor() {
    return tasks::add;
  }

  @Override
  public long nanoTime() {
    return system.nanoTime();
  }

  @Override
  public Instant instant() {
    return system.instant();
  }

  @Override
  public Timer startTimer(long deadline, Runnable task) {
    return system.startTimer(deadline, task);
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    system.parkUntil(blocker, deadline);
  }

  @Override
  public void park(Object blocker) {
    system.park(blocker);
  }

  @Override
  public void unpark(Thread thread) {
    system.unpark(thread);
  }

  @Override
  public RandomGenerator random() {
    return system.random();
  }
}
