package dev.resilience.concurrent;

import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Where tasks run: on the executor of the time source, which gives each a virtual thread where the
 * JVM has them and else a pooled daemon; as participants of virtual time; or on an executor that
 * the user gave.
 */
final class TaskThreads {

  private final TimeSource time;
  private final @Nullable Executor given;

  TaskThreads(TimeSource time, @Nullable Executor given) {
    this.time = time;
    this.given = given;
  }

  /**
   * Runs work that throws nothing on another thread.
   *
   * @param name of the thread, where it can have one
   */
  void start(String name, Runnable work) {
    if (given != null) {
      given.execute(work);
    } else if (time instanceof VirtualTime virtual) {
      virtual.start(name, work::run);
    } else {
      time.executor().execute(work);
    }
  }
}
