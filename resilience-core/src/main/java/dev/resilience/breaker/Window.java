package dev.resilience.breaker;

/**
 * The recent results of a closed circuit. Thread-safe without a lock: results are added by many
 * threads at once.
 */
interface Window {

  /**
   * Adds a result.
   *
   * @param slow whether the call took too long, whatever it came to
   * @param now on the time source of the breaker; 0 where it measures nothing
   * @return what the window says now
   */
  Health add(Result result, boolean slow, long now);

  /** What it holds now. */
  WindowCounts counts(long now);

  /** The cheapest window that does. */
  static Window of(BreakerConfig config) {
    Thresholds thresholds = config.thresholds();
    if (config.windowTime() > 0) {
      return new TimeWindow(config.windowTime(), thresholds);
    }
    return config.windowCalls() <= BitWindow.MOST_CALLS && !config.knowsSlow()
        ? new BitWindow(config.windowCalls(), thresholds)
        : new RingWindow(config.windowCalls(), thresholds);
  }

  /** Keeps nothing. */
  static Window none() {
    return new Window() {

      @Override
      public Health add(Result result, boolean slow, long now) {
        return Health.WELL;
      }

      @Override
      public WindowCounts counts(long now) {
        return WindowCounts.NOTHING;
      }
    };
  }
}
