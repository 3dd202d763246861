package dev.resilience.breaker;

/**
 * The recent results of a closed circuit. Thread-safe without a lock: results are added by many
 * threads at once.
 */
interface Window {

  /**
   * Adds a result.
   *
   * @return whether the thresholds are passed now
   */
  boolean add(boolean failure);

  /** What it holds now. */
  Tally tally();

  /** The smallest window of that many calls. */
  static Window of(int calls, Thresholds thresholds) {
    return calls <= ShiftWindow.MOST_CALLS
        ? new ShiftWindow(calls, thresholds)
        : new RingWindow(calls, thresholds);
  }
}
