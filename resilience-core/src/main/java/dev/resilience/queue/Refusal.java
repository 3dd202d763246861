package dev.resilience.queue;

/** Why a call is not let in. */
public enum Refusal {
  /** As many wait as may wait, and it is the least wanted of them. */
  QUEUE_FULL,
  /** It cannot be served in time. */
  TOO_LATE
}
