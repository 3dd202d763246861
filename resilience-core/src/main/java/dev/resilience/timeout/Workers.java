package dev.resilience.timeout;

import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an isolated policy, named after it: virtual ones where the JVM has them, else a
 * bounded number of daemons that go after ten idle seconds. Under virtual time each is a
 * participant.
 */
final class Workers {

  private final String policy;
  private final int maxThreads;
  private final Executor executor;

  Workers(String policy, int maxThreads) {
    this.policy = policy;
    this.maxThreads = maxThreads;
    ThreadFactory virtual = virtualThreads(threadName());
    this.executor =
        virtual != null
            ? task -> virtual.newThread(task).start()
            : new ThreadPoolExecutor(
                0,
                maxThreads,
                10,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                daemons(threadName()));
  }

  private String threadName() {
    return "resilience-" + policy + "-";
  }

  /** Starts a task that throws nothing. */
  void start(TimeSource time, Runnable task) {
    if (time instanceof VirtualTime virtual) {
      virtual.start(policy, task::run);
    } else {
      executor.execute(task);
    }
  }

  ConcurrencyLimitExceededException full() {
    return new ConcurrencyLimitExceededException(
        policy + ": all " + maxThreads + " threads of the isolated mode are taken");
  }

  private static ThreadFactory daemons(String prefix) {
    AtomicLong number = new AtomicLong();
    return task -> {
      Thread thread = new Thread(task, prefix + number.getAndIncrement());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** As {@code Thread.ofVirtual().name(prefix, 0).factory()}, which 17 does not have. */
  static @Nullable ThreadFactory virtualThreads(String prefix) {
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      Class<?> ofVirtual = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Object unnamed =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(ofVirtual)).invoke();
      Object named =
          lookup
              .findVirtual(
                  ofVirtual, "name", MethodType.methodType(ofVirtual, String.class, long.class))
              .invoke(unnamed, prefix, 0L);
      MethodHandle factory =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      return (ThreadFactory) factory.invoke(named);
    } catch (Throwable notThere) {
      return null;
    }
  }
}
