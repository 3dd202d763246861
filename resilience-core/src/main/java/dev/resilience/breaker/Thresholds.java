package dev.resilience.breaker;

/**
 * When a closed circuit opens.
 *
 * @param rate share of failures, more than 0 and at most 1
 * @param minimumCalls below which the rate says nothing
 * @param inARow so many failures in a row are enough; {@link #NEVER} for none
 */
record Thresholds(double rate, int minimumCalls, int inARow) {

  static final int NEVER = Integer.MAX_VALUE;

  boolean arePassedBy(int calls, int failures, int failuresInARow) {
    // A division rounds to the double that the user wrote; a product would not (0.07 * 100 > 7).
    return failuresInARow >= inARow
        || (calls >= minimumCalls && failures > 0 && failures / (double) calls >= rate);
  }

  String reason(Tally tally) {
    return tally.inARow() >= inARow
        ? tally.inARow() + " failures in a row"
        : tally.failures() + " of " + tally.calls() + " calls failed";
  }
}
