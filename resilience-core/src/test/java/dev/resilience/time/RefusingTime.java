package dev.resilience.time;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;

/**
 * Another time source of a user's, whose pool is full or whose timers cannot be had now and then.
 */
public final class RefusingTime implements TimeSource {

  private final TimeSource time;

  /** Whether the executor refuses. */
  public boolean isFull;

  /** Whether no timer can be started. */
  public boolean isWithoutTimers;

  public RefusingTime(TimeSource time) {
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
    if (isWithoutTimers) {
      throw new OutOfMemoryError("unable to create native thread");
    }
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
