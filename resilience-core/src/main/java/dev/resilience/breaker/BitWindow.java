package dev.resilience.breaker;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Up to 31 results, none of them slow, in one long: a shift register of two bits for each result,
 * the latest in the lowest ones. Right above the oldest result stands a 1, a sentinel, which
 * implies the size. A full window of successes does not change by one more success, and is only
 * read.
 */
final class BitWindow implements Window {

  static final int MOST_CALLS = 31;

  private static final int BITS_EACH = 2;
  private static final int FAILURE = 0b01;
  private static final int TIMED_OUT = 0b10;
  private static final int ONE_RESULT = 0b11;
  private static final long ALL_FAILURES = 0x5555_5555_5555_5555L;
  private static final long ALL_TIMED_OUT = 0xAAAA_AAAA_AAAA_AAAAL;

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
    this.full = 1L << (BITS_EACH * calls);
    this.thresholds = thresholds;
  }

  @Override
  public Health add(Result result, boolean slow, long now) {
    int added = code(result);
    while (true) {
      long before = bits;
      if (added == 0 && before == full) {
        return Health.WELL;
      }
      long after = shifted(before, added);
      if (BITS.compareAndSet(this, before, after)) {
        return thresholds.judge(calls(after), failures(after), timedOut(after), 0, inARow(after));
      }
    }
  }

  private static int code(Result result) {
    return switch (result) {
      case SUCCESS -> 0;
      case FAILURE -> FAILURE;
      case TIMED_OUT -> TIMED_OUT;
    };
  }

  private long shifted(long before, int added) {
    // Without its sentinel a full register loses its oldest result to the place of the sentinel.
    return isFull(before)
        ? ((before << BITS_EACH) & (full - 1)) | full | added
        : (before << BITS_EACH) | added;
  }

  private boolean isFull(long register) {
    return (register & full) != 0;
  }

  @Override
  public WindowCounts counts(long now) {
    long register = bits;
    return new WindowCounts(
        calls(register), failures(register), timedOut(register), 0, inARow(register));
  }

  private static int calls(long register) {
    return (63 - Long.numberOfLeadingZeros(register)) / BITS_EACH;
  }

  /** Without the sentinel, which stands where a failure would. */
  private static int failures(long register) {
    return Long.bitCount(register & ALL_FAILURES) - 1;
  }

  private static int timedOut(long register) {
    return Long.bitCount(register & ALL_TIMED_OUT);
  }

  private static int inARow(long register) {
    int failures = 0;
    for (long rest = register; rest != 1 && (rest & ONE_RESULT) != 0; rest >>>= BITS_EACH) {
      failures += (int) (rest & FAILURE);
    }
    return failures;
  }
}
