package dev.resilience.limit;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;

/** Another time source, with an executor that is full now and then. */
final class RefusingTime implements TimeSource {

  private final TimeSource time;
  boolean isFull;

  RefusingTime(TimeSource time) {
    this.time = time;
  }

  @Override
  public Executor executor() {
    return task -> {
      if (isFull) {
        throw new RejectedExecutionException("full");
      }
      time.executor().execute(task);
    };
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public Instant instant() {
    return time.instant();
  }

  @Override
  public Timer startTimer(long deadline, Runnable task) {
    return time.startTimer(deadline, task);
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    time.parkUntil(blocker, deadline);
  }

  @Override
  public void park(Object blocker) {
    time.park(blocker);
  }

  @Override
  public void unpark(Thread thread) {
    time.unpark(thread);
  }

  @Override
  public RandomGenerator random() {
    return time.random();
  }
}
