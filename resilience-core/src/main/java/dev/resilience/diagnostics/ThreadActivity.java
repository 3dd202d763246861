package dev.resilience.diagnostics;

import dev.resilience.context.WaitReason;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A thread that waits or works under a context, as a {@link ContextTree} shows it. Immutable. */
public final class ThreadActivity {

  private final String thread;
  private final WaitReason reason;
  private final @Nullable StackTraceElement place;

  ThreadActivity(String thread, WaitReason reason, @Nullable StackTraceElement place) {
    this.thread = thread;
    this.reason = reason;
    this.place = place;
  }

  /** The name of the thread. */
  public String thread() {
    return thread;
  }

  /** What it does. */
  public WaitReason reason() {
    return reason;
  }

  /**
   * The innermost line of code that is neither the JDK's nor this library's; empty unless the
   * monitor looks at {@linkplain ContextMonitor.Builder#places places}.
   */
  public Optional<StackTraceElement> place() {
    return Optional.ofNullable(place);
  }

  /** As in "worker-1 sleeps". */
  @Override
  public String toString() {
    return thread
        + switch (reason) {
          case END -> " waits for the end";
          case SLEEP -> " sleeps";
          case STAGE -> " waits for a stage";
          case WORK -> " works";
        };
  }
}
