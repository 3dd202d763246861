package dev.resilience.stress;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * A clock that an actor moves: cheap enough to be made a million times, and without a lock that
 * would order what is to race. Nobody can sleep on it.
 */
final class HandClock implements TimeSource {

  private final Queue<Task> timers = new ConcurrentLinkedQueue<>();
  private volatile long now;

  /** Moves the clock and runs what is due on the calling thread. */
  void moveTo(long moment) {
    now = moment;
    for (Task task : List.copyOf(timers)) {
      if (task.deadline <= moment && timers.remove(task)) {
        task.work.run();
      }
    }
  }

  int standing() {
    return timers.size();
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochSecond(0, now);
  }

  @Override
  public Timer startTimer(long deadline, Runnable work) {
    Task task = new Task(deadline, work);
    timers.add(task);
    if (deadline <= now && timers.remove(task)) {
      work.run();
    }
    return () -> timers.remove(task);
  }

  @Override
  public Executor executor() {
    return Runnable::run;
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    throw new UnsupportedOperationException("nobody sleeps here");
  }

  @Override
  public void park(Object blocker) {
    throw new UnsupportedOperationException("nobody sleeps here");
  }

  @Override
  public void unpark(Thread thread) {
    throw new UnsupportedOperationException("nobody sleeps here");
  }

  @Override
  public RandomGenerator random() {
    throw new UnsupportedOperationException("nothing is random here");
  }

  private static final class Task {

    final long deadline;
    final Runnable work;

    Task(long deadline, Runnable work) {
      this.deadline = deadline;
      this.work = work;
    }
  }
}
