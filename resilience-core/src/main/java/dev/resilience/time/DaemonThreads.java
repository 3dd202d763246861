package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Daemon threads that are made when needed and end after a second without work. At most so many;
 * further tasks wait in line. Refuses no task as long as it has a thread. Failures are contained.
 */
final class DaemonThreads implements Executor {

  /** How long an idle thread stays. Short: it holds the class loader of this library. */
  static final long IDLE_NANOS = 1_000_000_000L;

  private final HandOff queue = new HandOff();
  private final ThreadPoolExecutor threads;

  DaemonThreads(String name, int most) {
    AtomicLong count = new AtomicLong();
    ThreadFactory factory = work -> thread(name + "-" + count.incrementAndGet(), work);
    RejectedExecutionHandler queueing =
        (task, pool) -> {
          queue.put(task);
          // All threads may have ended meanwhile. One that is about to looks once more after this.
          if (pool.getPoolSize() == 0 && queue.remove(task)) {
            pool.execute(task);
          }
        };
    this.threads =
        new ThreadPoolExecutor(0, most, IDLE_NANOS, TimeUnit.NANOSECONDS, queue, factory, queueing);
  }

  @Override
  public void execute(Runnable task) {
    requireNonNull(task, "task");
    Runnable contained = () -> Contained.run(task);
    try {
      threads.execute(contained);
    } catch (Throwable noThread) {
      // The process cannot have one more; those there are take the task in its turn.
      queue.put(contained);
      if (threads.getPoolSize() == 0 && queue.remove(contained)) {
        throw noThread;
      }
    }
  }

  /**
   * A daemon thread that holds nothing of the application which happened to be first: neither its
   * class loader, nor its thread group, nor its access control context, which on 17 a thread
   * inherits. Not started.
   */
  static Thread thread(String name, Runnable work) {
    return Runtime.version().feature() < 24 ? privileged(name, work) : make(name, work);
  }

  /** Where there still are access control contexts: with that of this class alone. */
  @SuppressWarnings("removal")
  private static Thread privileged(String name, Runnable work) {
    return AccessController.doPrivileged((PrivilegedAction<Thread>) () -> make(name, work));
  }

  private static Thread make(String name, Runnable work) {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group != null && group.getParent() != null) {
      group = group.getParent();
    }
    Thread thread = new Thread(group, work, name, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
    return thread;
  }

  /** Takes a task only where an idle thread waits for it, so that else a thread is made. */
  private static final class HandOff extends LinkedTransferQueue<Runnable> {

    private static final long serialVersionUID = 1L;

    @Override
    public boolean offer(Runnable task) {
      return tryTransfer(task);
    }

    @Override
    public void put(Runnable task) {
      super.offer(task);
    }
  }
}
