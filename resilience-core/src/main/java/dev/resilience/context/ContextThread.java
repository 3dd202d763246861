package dev.resilience.context;

import dev.resilience.text.SafeText;

/** A thread that waits or works under a context. Immutable. */
public final class ContextThread {

  private final Thread thread;
  private final WaitReason reason;
  private final Context context;

  ContextThread(Thread thread, WaitReason reason, Context context) {
    this.thread = thread;
    this.reason = reason;
    this.context = context;
  }

  /** The thread. */
  public Thread thread() {
    return thread;
  }

  /** What it does. */
  public WaitReason reason() {
    return reason;
  }

  /**
   * The context that it was given: the one that was asked for, or one that adds values and a name
   * to it.
   */
  public Context context() {
    return context;
  }

  @Override
  public String toString() {
    return SafeText.of(thread.getName()) + " (" + reason + ")";
  }
}
