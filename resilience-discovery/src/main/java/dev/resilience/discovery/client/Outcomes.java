package dev.resilience.discovery.client;

import dev.resilience.policy.Verdict;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The last calls of an instance, a bit each, 1 for a failure, the newest lowest; above them the
 * number of the term in which they were made. One word, so that a result of an earlier term (before
 * the instance was ejected, or brought back) changes nothing. A success where all were successes is
 * one volatile read.
 */
final class Outcomes {

  private static final long BITS = 0xFFFF_FFFFL;

  private static final VarHandle WORD;

  static {
    try {
      WORD = MethodHandles.lookup().findVarHandle(Outcomes.class, "word", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile long word;

  /** The present term: results are handed in with the one in which their calls began. */
  int term() {
    return termOf(word);
  }

  /** Takes a result. Returns whether the instance should now be ejected. */
  boolean add(Verdict.Evidence evidence, int term, Ejection limits) {
    if (evidence == Verdict.Evidence.NONE) {
      return false;
    }
    int bit = evidence == Verdict.Evidence.FAILURE ? 1 : 0;
    while (true) {
      long now = word;
      if (termOf(now) != term) {
        return false;
      }
      long bits = now & BITS;
      long next = ((bits << 1) | bit) & BITS;
      if (next == bits || WORD.compareAndSet(this, now, (now & ~BITS) | next)) {
        return bit == 1 && isTooMuch(next, limits);
      }
    }
  }

  /** A new term with a clean sheet, or with one failure left before it is ejected again. */
  void newTerm(boolean onProbation, Ejection limits) {
    long bits = onProbation ? (1L << (limits.consecutiveFailures() - 1)) - 1 : 0;
    word = ((long) (term() + 1) << 32) | bits;
  }

  private static boolean isTooMuch(long bits, Ejection limits) {
    return Long.numberOfTrailingZeros(~bits) >= limits.consecutiveFailures()
        || Long.bitCount(bits & ((1L << Ejection.WINDOW) - 1)) >= limits.failures();
  }

  private static int termOf(long word) {
    return (int) (word >>> 32);
  }
}
