package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Runs callbacks each on a thread of its own, so that a slow one delays no other: a virtual thread
 * where the JVM has them, else one of at most {@value #MOST} daemon threads. Failures are
 * contained.
 */
final class CallbackThreads implements Executor {

  /** Where threads are dear: so many slow callbacks at once before others wait for them. */
  static final int MOST = 256;

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
      return new DaemonThreads("resilience-callback", MOST);
    }
  }
}
