package dev.resilience.concurrent;

/**
 * Where a task stands. Which of the last five it reaches is decided once, and by whose context
 * ended, never by the class of an exception.
 */
public enum TaskState {

  /** It waits for a thread. */
  QUEUED,

  /** It has begun and not ended. */
  RUNNING,

  /** It returned a result, be it after the end of its context. */
  DONE,

  /** It threw while its context was alive. */
  FAILED,

  /** A deadline passed first: its own, or that of a context above. */
  TIMED_OUT,

  /** Its context was cancelled first, or it was cancelled before it began. */
  CANCELLED,

  /** A queue let it go before it began: for more urgent work, or because it came too late. */
  DROPPED;

  /** Whether the task has ended. */
  public boolean isEnd() {
    return compareTo(DONE) >= 0;
  }
}
