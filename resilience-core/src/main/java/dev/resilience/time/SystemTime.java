package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/** The time of this machine. */
final class SystemTime implements TimeSource {

  static final TimeSource INSTANCE = new SystemTime();

  /** So many interrupts at once may block before others wait for them. */
  private static final int INTERRUPTERS = 64;

  private final TimerThread timers = new TimerThread("resilience-timer", stripes());
  private final Executor executor = new CallbackThreads();

  /** Platform threads everywhere: closing a channel may hold the carrier of a virtual one. */
  private final Executor interruptExecutor =
      new DaemonThreads("resilience-interrupt", INTERRUPTERS);

  private SystemTime() {}

  /** About two per processor, so that two threads seldom want the same one. */
  private static int stripes() {
    int processors = Math.min(Runtime.getRuntime().availableProcessors(), 16);
    return 2 * Integer.highestOneBit(processors);
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
    return timers.startTimer(deadline, requireNonNull(task, "task"));
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public Executor interruptExecutor() {
    return interruptExecutor;
  }

  @Override
  public void parkUntil(Object blocker, long deadline) {
    requireNonNull(blocker, "blocker");
    long left = deadline - System.nanoTime();
    if (left > 0) {
      LockSupport.parkNanos(blocker, left);
    }
  }

  @Override
  public void park(Object blocker) {
    LockSupport.park(requireNonNull(blocker, "blocker"));
  }

  @Override
  public void unpark(Thread thread) {
    LockSupport.unpark(requireNonNull(thread, "thread"));
  }

  @Override
  public RandomGenerator random() {
    return ThreadLocalRandom.current();
  }

  @Override
  public String toString() {
    return "system time";
  }
}
