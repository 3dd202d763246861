package dev.resilience.breaker;

/** What a call told of the health of the dependency. */
enum Result {
  /** It answered. */
  SUCCESS,
  /** It failed. */
  FAILURE,
  /** Time ran out: it is slow, or hangs. That is no failure while other calls get through. */
  TIMED_OUT
}
