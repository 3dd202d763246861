package dev.resilience.breaker;

/**
 * The recent results of a closed circuit. Thread-safe without a lock: results are added by many
 * threads at once.
 */
interface Window {

  /**
   * Adds a result.
   *
   * @param now on the time source of the breaker; 0 where it measures nothing
   * @return whether the thresholds are passed now
   */
  boolean add(boolean failure, boolean slow, long now);

  /** What it holds now. */
  WindowCounts tally(long now);

  /** The cheapest window that does. */
  static Window of(BreakerConfig settings) {
    Thresholds thresholds = settings.thresholds();
    if (settings.windowTime() > 0) {
      return new TimeWindow(settings.windowTime(), thresholds);
    }
    return settings.windowCalls() <= BitWindow.MOST_CALLS && !settings.knowsSlow()
        ? new BitWindow(settings.windowCalls(), thresholds)
        : new RingWindow(settings.windowCalls(), thresholds);
  }

  /** Keeps nothing. */
  static Window none() {
    return new Window() {

      @Override
      public boolean add(boolean failure, boolean slow, long now) {
        return false;
      }

      @Override
      public WindowCounts tally(long now) {
        return WindowCounts.NOTHING;
      }
    };
  }
}
