package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs callbacks each on a thread of its own, so that a slow one delays no other: a virtual thread
 * where the JVM has them, else a daemon thread from a pool that grows and shrinks. Failures are
 * contained.
 */
final class CallbackThreads implements Executor {

  private final Executor threads = virtualThreads();

  @Override
  public void execute(Runnable task) {
    requireNonNull(task, "task");
    threads.execute(() -> Contained.run(task));
  }

  private static Executor virtualThreads() {
    try {
      MethodHandle factory =
          MethodHandles.publicLookup()
              .findStatic(
                  Executors.class,
                  "newVirtualThreadPerTaskExecutor",
                  MethodType.methodType(ExecutorService.class));
      return (ExecutorService) factory.invokeExact();
    } catch (Throwable absent) {
      // Before Java 21; in 19 and 20 it is there, and throws unless previews are enabled.
      return platformThreads();
    }
  }

  private static Executor platformThreads() {
    AtomicLong count = new AtomicLong();
    return Executors.newCachedThreadPool(
        work -> {
          Thread thread =
              new Thread(null, work, "resilience-callback-" + count.incrementAndGet(), 0, false);
          thread.setDaemon(true);
          thread.setContextClassLoader(ClassLoader.getSystemClassLoader());
          return thread;
        });
  }
}
