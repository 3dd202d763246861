package dev.resilience.discovery.client;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which of the last calls of an instance were much slower than those of the others: a bit each, the
 * newest lowest. A few slow ones in a row are a pause of its garbage collector; where it is half of
 * the last {@value Ejection#WINDOW}, the instance is slow.
 */
final class SlowCalls {

  private static final int MASK = (1 << Ejection.WINDOW) - 1;
  private static final int HALF = Ejection.WINDOW / 2;
  private static final VarHandle BITS;

  static {
    try {
      BITS = MethodHandles.lookup().findVarHandle(SlowCalls.class, "bits", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile int bits;

  /** Takes a call. Returns whether the instance is slow. */
  boolean add(boolean slow) {
    while (true) {
      int now = bits;
      int next = ((now << 1) | (slow ? 1 : 0)) & MASK;
      if (now == next || BITS.compareAndSet(this, now, next)) {
        return slow && Integer.bitCount(next) >= HALF;
      }
    }
  }

  /** Half of what it takes is left to an instance that comes back. */
  void newTerm(boolean onProbation) {
    bits = onProbation ? (1 << (HALF / 2)) - 1 : 0;
  }
}
