package dev.resilience.load;

import dev.resilience.simulation.EventLoop;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * One thread in real time, on which the services of a process work. The clock is that of the whole
 * machine, so moments of different processes can be compared.
 */
final class RealTime implements EventLoop, AutoCloseable {

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(1, Threads.daemons("service"));
  private volatile long origin;

  /** A clock at zero when {@code System.nanoTime()} is the origin; before that nothing is right. */
  RealTime(long origin) {
    this.origin = origin;
  }

  void startAt(long newOrigin) {
    origin = newOrigin;
  }

  @Override
  public long now() {
    return System.nanoTime() - origin;
  }

  @Override
  public void at(long moment, Runnable task) {
    var unused = thread.schedule(() -> contain(task), moment - now(), TimeUnit.NANOSECONDS);
  }

  void execute(Runnable task) {
    thread.execute(() -> contain(task));
  }

  /** An executor keeps to itself what a task throws. */
  private static void contain(Runnable task) {
    try {
      task.run();
    } catch (Throwable failure) {
      failure.printStackTrace();
      throw failure;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
