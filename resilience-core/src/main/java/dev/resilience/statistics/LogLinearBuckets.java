package dev.resilience.statistics;

/**
 * Sorts durations into buckets whose width grows with the duration: 32 of equal width for each
 * doubling, so that a bucket's upper edge is at most 3.2 % more than what is in it. What lies
 * outside of the range goes to the first or the last bucket. Immutable.
 *
 * <p>The scheme of HdrHistogram (Gil Tene), for a given relative error as in "DDSketch" (Masson,
 * Rim, Lee; VLDB 2019): an index is a few shifts of the number, without a logarithm.
 */
public final class LogLinearBuckets {

  private static final int SUB_BITS = 5;
  private static final int SUB_BUCKETS = 1 << SUB_BITS;

  /** The index, before the first bucket is made the zeroth. */
  private final int offset;

  private final int size;

  /**
   * Buckets for a range.
   *
   * @param lowest below this, differences do not matter; nanoseconds
   * @param highest above this, differences do not matter; nanoseconds, not less
   */
  public LogLinearBuckets(long lowest, long highest) {
    this.offset = rawIndex(Math.max(lowest, SUB_BUCKETS));
    this.size = rawIndex(Math.max(highest, SUB_BUCKETS)) - offset + 1;
  }

  /** How many buckets there are. */
  public int size() {
    return size;
  }

  /** The bucket of a duration. */
  public int index(long nanos) {
    return nanos < SUB_BUCKETS ? 0 : Math.max(0, Math.min(size - 1, rawIndex(nanos) - offset));
  }

  /** What is in the bucket is less than this. */
  public long upperEdge(int index) {
    int raw = index + offset + 1;
    int exponent = (raw >>> SUB_BITS) + SUB_BITS;
    return (SUB_BUCKETS + (raw & (SUB_BUCKETS - 1L))) << (exponent - SUB_BITS);
  }

  private static int rawIndex(long nanos) {
    int exponent = 63 - Long.numberOfLeadingZeros(nanos);
    int significant = (int) (nanos >>> (exponent - SUB_BITS));
    return ((exponent - SUB_BITS) << SUB_BITS) + significant - SUB_BUCKETS;
  }
}
