package dev.resilience.hedge;

import dev.resilience.statistics.RecentDurations;

/**
 * After how long an attempt is slow: a percentile of the last {@value #SIZE} durations, and at
 * least {@value #LEAST_MEDIANS} medians, looked up anew after every {@value #EVERY}.
 *
 * <p>The medians are for a service whose percentile is hardly above what is usual, as when all of
 * it is slow: an attempt that is a little late will soon be there, and a hedge is only load.
 * Measured in the simulation, in a healthy minute: 5 s of work that nobody wanted with 1.5 medians,
 * 0.3 s with 2, and as many answers in time.
 */
final class HedgeDelay {

  private static final int SIZE = 256;
  private static final int EVERY = 32;
  private static final double LEAST_MEDIANS = 2;

  /** A delay of nothing would double every call. */
  private static final long SHORTEST = 1_000_000;

  /** Below, a percentile says little. */
  private static final int FEWEST = 20;

  static final long UNKNOWN = -1;

  private final double percentile;
  private final RecentDurations durations = new RecentDurations(SIZE);
  private volatile long observed = UNKNOWN;
  private volatile long delay = UNKNOWN;

  HedgeDelay(double percentile) {
    this.percentile = percentile;
  }

  /** The delay in nanoseconds, or {@link #UNKNOWN}. */
  long nanos() {
    return delay;
  }

  void took(long nanos) {
    int known = durations.record(nanos);
    if (known == FEWEST || (known > FEWEST && known % EVERY == 0)) {
      long[] sorted = durations.sorted();
      observed = RecentDurations.quantile(sorted, percentile);
      double least = LEAST_MEDIANS * RecentDurations.quantile(sorted, 0.5);
      delay = Math.max(SHORTEST, Math.max(observed, (long) least));
    }
  }

  /** It would have taken longer than this: of news only where this is long already. */
  void tookAtLeast(long nanos) {
    if (nanos >= observed) {
      took(nanos);
    }
  }

  @Override
  public String toString() {
    return "p" + percentile * 100;
  }
}
