package dev.resilience.limit;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A semaphore whose size can be changed, in one word: how many permits are in use, whether somebody
 * waits, and a running number of admissions. The number tells which calls are measured, and how
 * many there were, at no further cost.
 *
 * <p>To take a permit is one compare-and-set, to give it back is one addition. While somebody
 * waits, both go the long way, over the queue.
 */
final class PermitCounter {

  /** Returned by {@link #tryAcquire} where there is no permit, or somebody waits. */
  static final long NONE = -1;

  private static final long IN_USE = 0x3fff_ffffL;
  private static final long WAITING = 0x4000_0000L;
  private static final int NUMBER_SHIFT = 32;

  /** One more in use, and the next number. */
  private static final long ADMISSION = (1L << NUMBER_SHIFT) + 1;

  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(PermitCounter.class, "state", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile long state;
  private volatile int limit;

  PermitCounter(int limit) {
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  /** Those in use beyond a smaller limit stay in use. */
  void setLimit(int newLimit) {
    limit = newLimit;
  }

  /**
   * Takes a permit that nobody waits for. Returns {@link #NONE}, or what {@link #number} and {@link
   * #inUse(long)} can read: at least 0.
   */
  long tryAcquire() {
    long now = state;
    // With the bit of the waiting the low half is above any limit.
    while ((int) now < limit) {
      long witness = (long) STATE.compareAndExchange(this, now, now + ADMISSION);
      if (witness == now) {
        return now & Long.MAX_VALUE;
      }
      now = witness;
    }
    return NONE;
  }

  /** The number of an admission, modulo 2 to the 31st. */
  static int number(long admission) {
    return (int) (admission >>> NUMBER_SHIFT);
  }

  /** How many permits were in use with it. */
  static int inUse(long admission) {
    return (int) (admission & IN_USE) + 1;
  }

  /** Takes a permit for the one whose turn it is. */
  boolean tryTake() {
    long now = state;
    while ((now & IN_USE) < limit) {
      long witness = (long) STATE.compareAndExchange(this, now, now + ADMISSION);
      if (witness == now) {
        return true;
      }
      now = witness;
    }
    return false;
  }

  /** Gives a permit back. True: somebody waits for it. */
  boolean release() {
    return ((long) STATE.getAndAdd(this, -1L) & WAITING) != 0;
  }

  /** From now on, or no longer, releases are told that somebody waits. Under one lock. */
  void setWaiting(boolean isWaiting) {
    if (((state & WAITING) != 0) != isWaiting) {
      STATE.getAndAdd(this, isWaiting ? WAITING : -WAITING);
    }
  }

  int inUse() {
    return (int) (state & IN_USE);
  }

  /** How many were admitted so far, modulo 2 to the 32nd. */
  int admissions() {
    return (int) (state >>> NUMBER_SHIFT);
  }

  /** How many gave their permit back so far, modulo 2 to the 32nd. */
  int completions() {
    long now = state;
    return (int) (now >>> NUMBER_SHIFT) - (int) (now & IN_USE);
  }
}
