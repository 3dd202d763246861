package dev.resilience.discovery.balance;

/**
 * Candidates side by side on a line, each as long as its weight. Who lies at a place is found
 * without a search: a table with one entry for each candidate tells who lies at the beginning of
 * each n-th of the line; from there it is one step on average (Chen and Asau, 1974). Where all
 * weights are the same there is no table.
 */
final class GuideTable {

  private static final double LENGTH = 0x1p32;
  private static final int[] NONE = {};

  private final int size;

  /** Where each one ends, in 2^-32 of the line. */
  private final long[] ends;

  private final int[] guide;

  GuideTable(Candidate[] all) {
    size = all.length;
    double whole = 0;
    boolean equal = true;
    for (Candidate candidate : all) {
      whole += candidate.weight();
      equal &= candidate.weight() == all[0].weight();
    }
    ends = equal ? new long[0] : ends(all, whole);
    guide = equal ? NONE : guide(ends);
  }

  private static long[] ends(Candidate[] all, double whole) {
    long[] ends = new long[all.length];
    double sum = 0;
    for (int i = 0; i < all.length; i++) {
      sum += all[i].weight();
      ends[i] = Math.round(sum / whole * LENGTH);
    }
    // Whatever was lost in rounding, the last one ends where the line does.
    ends[all.length - 1] = (long) LENGTH;
    return ends;
  }

  private static int[] guide(long[] ends) {
    int[] guide = new int[ends.length];
    int at = 0;
    for (int i = 0; i < guide.length; i++) {
      long begin = (((long) i << 32) + guide.length - 1) / guide.length;
      while (ends[at] <= begin) {
        at++;
      }
      guide[i] = at;
    }
    return guide;
  }

  boolean isEven() {
    return guide.length == 0;
  }

  /**
   * The instance at a place.
   *
   * @param place of 2^32 places
   */
  int at(long place) {
    int part = (int) ((place * size) >>> 32);
    if (isEven()) {
      return part;
    }
    int i = guide[part];
    while (ends[i] <= place) {
      i++;
    }
    return i;
  }
}
