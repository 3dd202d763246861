package dev.resilience.time;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** Runs the tasks of others on threads that must survive them. */
final class Contained {

  private Contained() {}

  /** Runs a task, if there is one; whatever it throws is logged and goes no further. */
  static void run(@Nullable Runnable task) {
    if (task == null) {
      return;
    }
    try {
      task.run();
    } catch (Throwable failure) {
      log(task, failure);
    }
  }

  static void log(Runnable task, Throwable failure) {
    try {
      Logger logger = System.getLogger("dev.resilience.time");
      SafeText.log(logger, Level.ERROR, "a task failed: " + task.getClass().getName(), failure);
    } catch (Throwable broken) {
      // A log that cannot be written must not cost all other timers their thread.
    }
  }
}
