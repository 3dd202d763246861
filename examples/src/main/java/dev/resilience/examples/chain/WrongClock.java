package dev.resilience.examples.chain;

import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * The clock of a machine whose time of day is wrong.
 *
 * @param right what it would show
 * @param by how much it is ahead; negative: behind
 */
record WrongClock(TimeSource right, Duration by) implements TimeSource {

  @Override
  public Instant instant() {
    return right.instant().plus(by);
  }

  @Override
  public long nanoTime() {
    return right.nanoTime();
  }

  @Override
  public Timer startTimer(long deadline, Runnable task) {
    return right.startTimer(deadline, task);
  }

  @Override
  public Executor executor() {
    return right.executor();
  }

  @Override
  public Executor interruptExecutor() {
    return right.interruptExecutor();
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    right.parkUntil(blocker, deadline);
  }

  @Override
  public void park(Object blocker) {
    right.park(blocker);
  }

  @Override
  public void unpark(Thread thread) {
    right.unpark(thread);
  }

  @Override
  public RandomGenerator random() {
    return right.random();
  }
}
