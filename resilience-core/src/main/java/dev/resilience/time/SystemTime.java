package dev.resilience.time;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** The time of this machine. (Stand-in: the wheel comes next.) */
final class SystemTime implements TimeSource {

  static final TimeSource INSTANCE = new SystemTime();

  private final ScheduledThreadPoolExecutor timers =
      new ScheduledThreadPoolExecutor(1, SystemTime::daemon);
  private final Executor executor = Executors.newCachedThreadPool(SystemTime::daemon);

  private SystemTime() {
    timers.setRemoveOnCancelPolicy(true);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work);
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Instant instant() {
    return Instant.now();
  }

  @Override
  public Timer startTimer(long deadline, Runnable task) {
    Future<?> future =
        timers.schedule(
            () -> Contained.run(task), deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    LockSupport.parkNanos(blocker, deadline - System.nanoTime());
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(blocker);
  }

  @Override
  public void unpark(Thread thread) {
    LockSupport.unpark(thread);
  }

  @Override
  public RandomGenerator random() {
    return ThreadLocalRandom.current();
  }
}
