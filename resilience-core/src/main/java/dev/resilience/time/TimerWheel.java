package dev.resilience.time;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Timers sorted roughly, so that setting and clearing one costs the same whether ten or a million
 * are standing. A passive structure: it knows no clock, no thread and no lock.
 *
 * <h2>How it works</h2>
 *
 * <p>Time is a count of ticks, read as a number with eight digits of base 64. A level of the wheel
 * stands for a digit and has a slot for each of its values. A timer goes to the level of the
 * <em>highest digit in which its tick differs from the current one</em>, and there to the slot of
 * that digit. (The two agree in all digits above, so the slot says the rest.) One exclusive-or, one
 * count of leading zeros, and no clock: the place depends on where the wheel stands, and not on
 * what time it really is, so a wheel that has not been moved for an hour is as good as any.
 *
 * <p>From this follows all else:
 *
 * <ul>
 *   <li>A slot is ahead of the current digit of its level, so no level wraps around, and everything
 *       on a lower level is due before anything on a higher one. The next slot that is due is the
 *       lowest bit of the first level whose bitmap is not empty.
 *   <li>When the wheel moves to a tick before the next slot, no timer changes its place: its
 *       highest differing digit stays the same. So an empty stretch of time is skipped at no cost.
 *   <li>When it moves to the beginning of a slot on a higher level, the timers of that slot agree
 *       with the current tick in one digit more, and go down. A timer goes down seven times at
 *       most.
 *   <li>Timers of the same tick are in the same slot at all times, in the order in which they were
 *       added, and leave in that order.
 *   <li>The slot of a timer need not be remembered: it can be computed anew.
 * </ul>
 *
 * <p>What is due already when it is added waits in one more slot for the next {@link #advance}. A
 * slot is a ring of its timers, which are their own links.
 *
 * <p>The idea of timing wheels is that of G. Varghese and T. Lauck, "Hashed and Hierarchical Timing
 * Wheels" (1987).
 */
final class TimerWheel {

  /** The tick of an empty wheel's next timer. */
  static final long NEVER = Long.MAX_VALUE;

  private static final int DIGIT_BITS = 6;
  private static final int SLOTS = 1 << DIGIT_BITS;
  private static final int LEVELS = 8;
  private static final int OVERDUE = LEVELS * SLOTS;

  private final @Nullable WheelTimer[] first = new WheelTimer[OVERDUE + 1];

  /** A bit per slot and a word per level. */
  private final long[] occupied = new long[LEVELS];

  private long current;
  private int size;

  /**
   * Adds a timer that is in no wheel.
   *
   * @param timer whose tick is below 2^48
   */
  void add(WheelTimer timer) {
    append(timer, slotOf(timer.tick));
    size++;
  }

  /** Takes a timer out; false if it is not, or no longer, in this wheel. */
  boolean remove(WheelTimer timer) {
    WheelTimer next = timer.next;
    WheelTimer previous = timer.previous;
    if (next == null || previous == null) {
      return false;
    }
    int slot = slotOf(timer.tick);
    if (next == timer) {
      clear(slot);
    } else {
      previous.next = next;
      next.previous = previous;
      if (first[slot] == timer) {
        first[slot] = next;
      }
    }
    timer.next = null;
    timer.previous = null;
    size--;
    return true;
  }

  /**
   * Moves the wheel, and takes out all timers up to and including that tick, in order.
   *
   * @param tick where to; one in the past moves nothing
   * @param sink what becomes of them; it must not touch this wheel
   */
  void advance(long tick, Consumer<? super WheelTimer> sink) {
    empty(OVERDUE, sink);
    for (long next = nextTick(); next <= tick && next != NEVER; next = nextTick()) {
      int slot = slotOf(next);
      current = next;
      empty(slot, sink);
    }
    current = Math.max(current, tick);
  }

  /**
   * The tick at which to call {@link #advance} next: that of the next timer or, while that one is
   * far away, an earlier one; {@link #NEVER} if there is no timer.
   */
  long nextTick() {
    if (first[OVERDUE] != null) {
      return current;
    }
    for (int level = 0; level < LEVELS; level++) {
      long slots = occupied[level];
      if (slots != 0) {
        int shift = level * DIGIT_BITS;
        long above = current >>> (shift + DIGIT_BITS);
        return (above << DIGIT_BITS | Long.numberOfTrailingZeros(slots)) << shift;
      }
    }
    return NEVER;
  }

  int size() {
    return size;
  }

  private int slotOf(long tick) {
    if (tick <= current) {
      return OVERDUE;
    }
    int level = (Long.SIZE - 1 - Long.numberOfLeadingZeros(tick ^ current)) / DIGIT_BITS;
    return level * SLOTS + ((int) (tick >>> (level * DIGIT_BITS)) & (SLOTS - 1));
  }

  @SuppressWarnings("NullAway") // the links of a ring are never null
  private void append(WheelTimer timer, int slot) {
    WheelTimer head = first[slot];
    if (head == null) {
      timer.next = timer;
      timer.previous = timer;
      first[slot] = timer;
      if (slot != OVERDUE) {
        occupied[slot / SLOTS] |= 1L << slot;
      }
    } else {
      WheelTimer last = head.previous;
      timer.next = head;
      timer.previous = last;
      last.next = timer;
      head.previous = timer;
    }
  }

  private void clear(int slot) {
    first[slot] = null;
    if (slot != OVERDUE) {
      occupied[slot / SLOTS] &= ~(1L << slot);
    }
  }

  /** Hands over what is due at the current tick, and puts the rest of the slot where it belongs. */
  @SuppressWarnings("NullAway") // the links of a ring are never null
  private void empty(int slot, Consumer<? super WheelTimer> sink) {
    WheelTimer timer = first[slot];
    if (timer == null) {
      return;
    }
    clear(slot);
    timer.previous.next = null;
    while (timer != null) {
      WheelTimer next = timer.next;
      timer.next = null;
      timer.previous = null;
      if (timer.tick <= current) {
        size--;
        sink.accept(timer);
      } else {
        append(timer, slotOf(timer.tick));
      }
      timer = next;
    }
  }
}
