package dev.resilience.examples.program;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that a thread dump can tell apart, and that keep no process alive. */
public final class NamedThreads implements ThreadFactory {

  private final String name;
  private final AtomicInteger count = new AtomicInteger();

  private NamedThreads(String name) {
    this.name = name;
  }

  /** At most so many threads; tasks beyond that wait in a queue. */
  public static ExecutorService pool(String name, int threads) {
    var pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new NamedThreads(name));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Ends a pool, and waits a moment for its threads. */
  public static void end(ExecutorService pool) {
    pool.shutdownNow();
    try {
      boolean unused = pool.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Thread newThread(Runnable work) {
    Thread thread = new Thread(work, name + "-" + count.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }
}
