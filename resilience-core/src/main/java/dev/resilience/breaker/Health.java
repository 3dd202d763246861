package dev.resilience.breaker;

/** What a window says of the dependency. */
enum Health {
  /** No threshold is passed. */
  WELL,
  /** Next to nothing gets through, and time-outs have a part in it. */
  STALLED,
  /** The thresholds for failures or slow calls are passed. */
  FAILING
}
