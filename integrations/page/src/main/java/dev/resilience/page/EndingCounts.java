package dev.resilience.page;

import java.util.Arrays;

/** How many calls ended in each way. Immutable. */
final class EndingCounts {

  static final EndingCounts NONE = new EndingCounts(new long[Ending.values().length]);

  private final long[] counts;

  /** Takes the array as its own. */
  EndingCounts(long[] counts) {
    this.counts = counts;
  }

  long of(Ending ending) {
    return counts[ending.ordinal()];
  }

  long total() {
    return Arrays.stream(counts).sum();
  }

  /** Calls that say something of the dependency or of its policies: whose caller stayed. */
  long told() {
    return total() - of(Ending.CANCELLED);
  }

  EndingCounts minus(EndingCounts before) {
    long[] difference = counts.clone();
    for (int i = 0; i < difference.length; i++) {
      difference[i] -= before.counts[i];
    }
    return new EndingCounts(difference);
  }

  /** The share of some endings in the calls whose caller stayed, 0 to 1. */
  double share(Ending... endings) {
    long told = told();
    long some = 0;
    for (Ending ending : endings) {
      some += of(ending);
    }
    return told == 0 ? 0 : (double) some / told;
  }
}
