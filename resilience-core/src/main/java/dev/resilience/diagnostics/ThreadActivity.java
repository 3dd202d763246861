package dev.resilience.diagnostics;

import dev.resilience.context.WaitReason;

/** A thread that waits or works under a context, as a {@link ContextTree} shows it. Immutable. */
public final class ThreadActivity {

  private final String thread;
  private final WaitReason reason;

  ThreadActivity(String thread, WaitReason reason) {
    this.thread = thread;
    this.reason = reason;
  }

  /** The name of the thread. */
  public String thread() {
    return thread;
  }

  /** What it does. */
  public WaitReason reason() {
    return reason;
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
