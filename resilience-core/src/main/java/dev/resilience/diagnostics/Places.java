package dev.resilience.diagnostics;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines of code that say something to whoever wrote the program. */
final class Places {

  /** So many threads are looked at for one dump: each is stopped for a moment. */
  static final int MOST_THREADS = 50;

  /** The JDK, and the packages of this library through which a call passes. */
  private static final List<String> PLUMBING =
      List.of(
          "java.",
          "javax.",
          "jdk.",
          "sun.",
          "com.sun.",
          "dev.failsafe.",
          "dev.resilience.Call",
          "dev.resilience.Resilience",
          "dev.resilience.WithFallback",
          "dev.resilience.breaker.",
          "dev.resilience.budget.",
          "dev.resilience.cache.",
          "dev.resilience.chaos.",
          "dev.resilience.concurrent.",
          "dev.resilience.context.",
          "dev.resilience.diagnostics.",
          "dev.resilience.discovery.",
          "dev.resilience.failsafe.",
          "dev.resilience.fallback.",
          "dev.resilience.hedge.",
          "dev.resilience.limit.",
          "dev.resilience.observe.",
          "dev.resilience.policy.",
          "dev.resilience.queue.",
          "dev.resilience.retry.",
          "dev.resilience.stage.",
          "dev.resilience.time.",
          "dev.resilience.timeout.");

  private Places() {}

  /** Where a context was derived; null: not noted. */
  static @Nullable StackTraceElement of(@Nullable Creation creation) {
    List<StackTraceElement> stack = creation == null ? List.of() : creation.stack();
    return stack.isEmpty() ? null : stack.get(0);
  }

  /** Where a thread is, in code that is not the library's; null: nowhere, or it has ended. */
  static @Nullable StackTraceElement of(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (PLUMBING.stream().noneMatch(frame.getClassName()::startsWith)) {
        return frame;
      }
    }
    return null;
  }
}
