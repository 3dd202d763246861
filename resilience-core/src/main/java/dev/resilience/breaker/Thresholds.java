package dev.resilience.breaker;

/**
 * When a closed circuit opens.
 *
 * @param rate share of failures among the calls that did not time out; more than 0 and at most 1
 * @param slowRate share of slow calls, more than 0 and at most 1; or {@link #NO_RATE}
 * @param minimumCalls below which the rates say nothing
 * @param inARow so many failures in a row are enough; {@link #NEVER} for none
 * @param stallTime for how long next to nothing has to get through, where calls time out; in
 *     nanoseconds
 */
record Thresholds(double rate, double slowRate, int minimumCalls, int inARow, long stallTime) {

  static final int NEVER = Integer.MAX_VALUE;
  static final double NO_RATE = 2;

  /** Of the calls that are next to nothing, one is this part of all. */
  private static final int NEXT_TO_NOTHING = 20;

  Health judge(int calls, int failures, int timedOut, int slow, int failuresInARow) {
    if (failuresInARow >= inARow
        || isReached(rate, failures, calls - timedOut)
        || isReached(slowRate, slow, calls)) {
      return Health.FAILING;
    }
    return timedOut > 0 && isStalled(calls, calls - failures - timedOut)
        ? Health.STALLED
        : Health.WELL;
  }

  Health judge(WindowCounts counts) {
    return judge(
        counts.calls(), counts.failures(), counts.timedOut(), counts.slow(), counts.inARow());
  }

  private boolean isReached(double share, int bad, int calls) {
    // A division rounds to the double that the user wrote; a product would not (0.07 * 100 > 7).
    return calls >= minimumCalls && bad / (double) calls >= share;
  }

  private boolean isStalled(int calls, int successes) {
    return calls >= minimumCalls && successes * NEXT_TO_NOTHING <= calls;
  }

  /** Puts into words what the circuit opens for. */
  String reason(WindowCounts counts, Health health) {
    if (health == Health.STALLED) {
      return counts.timedOut()
          + " of "
          + counts.calls()
          + " calls timed out, "
          + (counts.calls() - counts.failures() - counts.timedOut())
          + " succeeded";
    }
    if (counts.inARow() >= inARow) {
      return counts.inARow() + " failures in a row";
    }
    int answered = counts.calls() - counts.timedOut();
    return isReached(rate, counts.failures(), answered) || slowRate == NO_RATE
        ? counts.failures() + " of " + answered + " calls failed"
        : counts.slow() + " of " + counts.calls() + " calls were slow";
  }
}
