package dev.resilience.observe;

/** What an error says of who or what ended the work. */
public enum ErrorKind {
  /** The user no longer wants the answer. */
  USER_CANCELLED,
  /**
   * The program stopped the work: a shutdown, newer work, a sibling that failed, an interruption.
   */
  SYSTEM_CANCELLED,
  /** A limit of a policy's own passed, under a caller that still waits. */
  TIMED_OUT,
  /** The caller's deadline passed. */
  DEADLINE_EXCEEDED,
  /** The dependency was not called: circuit open, rate limited, full, no time left. */
  REJECTED,
  /** The work itself failed. */
  OTHER;

  /** Whether somebody wanted the work to stop: says nothing of the work or the dependency. */
  public boolean isCancellation() {
    return this == USER_CANCELLED || this == SYSTEM_CANCELLED;
  }
}
