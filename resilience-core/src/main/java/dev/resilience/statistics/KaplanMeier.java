package dev.resilience.statistics;

/**
 * Percentiles of durations of which some were cut off, so that only "at least this long" is known.
 *
 * <p>The estimator of Kaplan and Meier ("Nonparametric Estimation from Incomplete Observations",
 * JASA 53, 1958): the part of the calls that outlives a moment is the product, over all moments up
 * to that, of the part of those still running that did not end there. A call that was cut off
 * counts as running until then, and not at all afterwards; that is to say, it would have gone on as
 * those did that ran as long. So one that was cut off early changes next to nothing, however many
 * there are, and one that was cut off late counts among the slow ones.
 */
public final class KaplanMeier {

  /** What rounding may do to a product. */
  private static final double ROUNDING = 1e-9;

  private KaplanMeier() {}

  /**
   * An estimate.
   *
   * @param bucket where the percentile is
   * @param isLowerBound too many were cut off to tell: it is there or higher
   */
  public record Estimate(int bucket, boolean isLowerBound) {}

  /**
   * Estimates a percentile.
   *
   * @param ended for each bucket how many ended in it
   * @param cutOff for each bucket how many were cut off in it
   * @param percentile between 0 and 1, exclusive
   */
  public static Estimate percentile(long[] ended, long[] cutOff, double percentile) {
    long all = 0;
    for (int bucket = 0; bucket < ended.length; bucket++) {
      all += ended[bucket] + cutOff[bucket];
    }
    double surviving = 1;
    long running = all;
    for (int bucket = 0; bucket < ended.length && running > 0; bucket++) {
      if (ended[bucket] > 0) {
        surviving *= (double) (running - ended[bucket]) / running;
        if (surviving <= 1 - percentile + ROUNDING) {
          return new Estimate(bucket, false);
        }
      }
      running -= ended[bucket] + cutOff[bucket];
    }
    return new Estimate(lowerBound(ended, cutOff, percentile * all), true);
  }

  /** Where the percentile would be if all that were cut off had ended just then. */
  private static int lowerBound(long[] ended, long[] cutOff, double rank) {
    long passed = 0;
    for (int bucket = 0; bucket < ended.length; bucket++) {
      passed += ended[bucket] + cutOff[bucket];
      if (passed > 0 && passed >= rank - ROUNDING) {
        return bucket;
      }
    }
    return 0;
  }
}
