package dev.resilience.breaker;

/** Whether a {@link Breaker} decides by itself. Set by hand, for operators and for tests. */
public enum BreakerMode {
  /** It counts results and opens and closes the circuit. */
  AUTOMATIC,
  /** The circuit is held open: every call is rejected. */
  FORCED_OPEN,
  /** The circuit is held closed: every call passes, and no result is kept. */
  FORCED_CLOSED,
  /** Every call passes; results are kept and shown, and open nothing. */
  METRICS_ONLY
}
