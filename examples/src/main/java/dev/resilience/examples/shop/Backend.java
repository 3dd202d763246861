package dev.resilience.examples.shop;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A server that knows nothing of contexts: so many requests at once, the others wait in line, and
 * what has been sent is worked on, whether anybody still waits for it or not.
 */
final class Backend implements AutoCloseable {

  private static final int LONGEST_LINE = 2_000;

  private final String name;
  private final long workNanos;
  private final ThreadPoolExecutor workers;

  Backend(String name, int atOnce, Duration work) {
    this.name = name;
    this.workNanos = work.toNanos();
    this.workers =
        new ThreadPoolExecutor(
            atOnce,
            atOnce,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(LONGEST_LINE),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Waits for the answer as long as the context lives. */
  String ask(Context ctx, String request) throws InterruptedException {
    CompletableFuture<String> answer = new CompletableFuture<>();
    workers.execute(
        () -> {
          work();
          answer.complete(name + " of " + request);
        });
    try {
      return ctx.await(answer);
    } catch (ExecutionException impossible) {
      throw new AssertionError("it always answers", impossible);
    }
  }

  /** Half to one and a half times the usual. */
  private void work() {
    long end =
        System.nanoTime()
            + workNanos / 2
            + ThreadLocalRandom.current().nextLong(Math.max(1, workNanos));
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
      if (Thread.interrupted()) {
        return;
      }
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
