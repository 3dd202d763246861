package dev.resilience.breaker;

/**
 * When a closed circuit opens.
 *
 * @param rate share of failures, more than 0 and at most 1
 * @param slowRate share of slow calls, more than 0 and at most 1; or {@link #NO_RATE}
 * @param minimumCalls below which the rates say nothing
 * @param inARow so many failures in a row are enough; {@link #NEVER} for none
 */
record Thresholds(double rate, double slowRate, int minimumCalls, int inARow) {

  static final int NEVER = Integer.MAX_VALUE;
  static final double NO_RATE = 2;

  boolean areExceededBy(int calls, int failures, int slow, int failuresInARow) {
    return failuresInARow >= inARow
        || (calls >= minimumCalls
            && (isReached(rate, failures, calls) || isReached(slowRate, slow, calls)));
  }

  boolean areExceededBy(WindowCounts tally) {
    return areExceededBy(tally.calls(), tally.failures(), tally.slow(), tally.inARow());
  }

  private static boolean isReached(double share, int bad, int calls) {
    // A division rounds to the double that the user wrote; a product would not (0.07 * 100 > 7).
    return bad / (double) calls >= share;
  }

  String reason(WindowCounts tally) {
    if (tally.inARow() >= inARow) {
      return tally.inARow() + " failures in a row";
    }
    return isReached(rate, tally.failures(), tally.calls()) || slowRate == NO_RATE
        ? tally.failures() + " of " + tally.calls() + " calls failed"
        : tally.slow() + " of " + tally.calls() + " calls were slow";
  }
}
