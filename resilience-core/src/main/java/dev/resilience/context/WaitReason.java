package dev.resilience.context;

/** What a thread does under a context; see {@link ContextDetails#threads}. */
public enum WaitReason {
  /** Waits until the context has ended. */
  END,
  /** Sleeps for a time. */
  SLEEP,
  /** Waits for a stage to complete. */
  STAGE,
  /** Runs work that is interrupted when the context ends. */
  WORK
}
