package dev.resilience.breaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Up to 63 results, none of them slow, in one long: a shift register, the latest result in the
 * lowest bit, a failure is a 1. The highest 1 is a sentinel right above the oldest result, which
 * implies the size. A full window of successes does not change by one more success, and is only
 * read.
 */
final class BitWindow implements Window {

  static final int MOST_CALLS = 63;

  private static final VarHandle BITS;

  static {
    try {
      BITS = MethodHandles.lookup().findVarHandle(BitWindow.class, "bits", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final long full;
  private final Thresholds thresholds;

  @SuppressWarnings("FieldMayBeFinal") // written through the handle
  private volatile long bits = 1;

  BitWindow(int calls, Thresholds thresholds) {
    this.full = 1L << calls;
    this.thresholds = thresholds;
  }

  @Override
  public boolean add(boolean failure, boolean slow, long now) {
    while (true) {
      long before = bits;
      if (!failure && before == full) {
        return false;
      }
      long after = shifted(before, failure);
      if (BITS.compareAndSet(this, before, after)) {
        return thresholds.areExceededBy(calls(after), failures(after), 0, inARow(after));
      }
    }
  }

  private long shifted(long before, boolean failure) {
    long result = failure ? 1 : 0;
    // Without its sentinel a full register loses its oldest result to the place of the sentinel.
    return isFull(before) ? ((before << 1) & (full - 1)) | full | result : (before << 1) | result;
  }

  private boolean isFull(long register) {
    return (register & full) != 0;
  }

  @Override
  public WindowCounts tally(long now) {
    long register = bits;
    return new WindowCounts(calls(register), failures(register), 0, inARow(register));
  }

  private static int calls(long register) {
    return 63 - Long.numberOfLeadingZeros(register);
  }

  private static int failures(long register) {
    return Long.bitCount(register) - 1;
  }

  private static int inARow(long register) {
    return Math.min(Long.numberOfTrailingZeros(~register), calls(register));
  }
}
