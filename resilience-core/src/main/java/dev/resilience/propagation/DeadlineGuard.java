package dev.resilience.propagation;

import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Keeps deadlines from outside from emptying a service. A caller whose clock or arithmetic is wrong
 * may send deadlines that have always passed; at most a share of the requests of the last ten
 * seconds is refused because of such deadlines, and those beyond it are served without them. In
 * dark mode none is refused, and only counted.
 *
 * <p>The deadline filter of Finagle, with a window where that has a bucket. Thread-safe. Costs an
 * atomic addition for each request.
 */
public final class DeadlineGuard {

  /** How long a request counts, in seconds. */
  static final int SECONDS = 10;

  private static final double DEFAULT_SHARE = 0.2;
  private static final int SLOTS = SECONDS + 1;
  private static final long NANOS = 1_000_000_000;

  /** A slot is the second (16 bits), its requests (24 bits) and its rejections (24 bits). */
  private static final long REQUEST = 1L << 24;

  private static final long COUNT = REQUEST - 1;
  private static final long SECOND = 0xffff;

  private final double share;
  private final boolean isDark;
  private final AtomicLongArray slots = new AtomicLongArray(SLOTS);

  private DeadlineGuard(double share, boolean isDark) {
    this.share = share;
    this.isDark = isDark;
  }

  /** At most a fifth of the requests. */
  public static DeadlineGuard ofDefaults() {
    return new DeadlineGuard(DEFAULT_SHARE, false);
  }

  /**
   * At most a share of the requests of the last ten seconds.
   *
   * @param share 0 to 1; 1: no guard
   */
  public static DeadlineGuard share(double share) {
    Arguments.requireShare(share, "share");
    return new DeadlineGuard(share, false);
  }

  /** Deadlines from outside are counted, and neither refused nor applied. */
  public static DeadlineGuard dark() {
    return new DeadlineGuard(DEFAULT_SHARE, true);
  }

  /** Whether deadlines are only counted. */
  public boolean isDark() {
    return isDark;
  }

  /** The largest share of requests that is refused. */
  public double maxShare() {
    return share;
  }

  /**
   * Asks to refuse one more request because of a deadline from outside; for admission behind a
   * queue. The request was counted when it was read.
   *
   * @return whether it may be refused
   */
  public boolean tryReject(Context ctx) {
    return tryReject(ctx.timeSource().nanoTime());
  }

  /** A request has come. */
  void request(long now) {
    long second = secondOf(now);
    int slot = (int) (second % SLOTS);
    long mark = second & SECOND;
    while (true) {
      long seen = slots.get(slot);
      long next = current(seen, mark);
      if ((next >>> 24 & COUNT) == COUNT || slots.compareAndSet(slot, seen, next + REQUEST)) {
        return;
      }
    }
  }

  boolean tryReject(long now) {
    if (isDark) {
      return false;
    }
    long second = secondOf(now);
    int slot = (int) (second % SLOTS);
    long mark = second & SECOND;
    while (true) {
      long seen = slots.get(slot);
      long requests = 0;
      long rejections = 1;
      for (int i = 0; i < SLOTS; i++) {
        long counts = i == slot ? seen : slots.get(i);
        if ((mark - (counts >>> 48) & SECOND) < SECONDS) {
          requests += counts >>> 24 & COUNT;
          rejections += counts & COUNT;
        }
      }
      long next = current(seen, mark);
      if (rejections > share * requests || (next & COUNT) == COUNT) {
        return false;
      }
      if (slots.compareAndSet(slot, seen, next + 1)) {
        return true;
      }
    }
  }

  /** A clock may pass from the greatest to the smallest long, which unsigned is one step. */
  private static long secondOf(long now) {
    return Long.divideUnsigned(now, NANOS);
  }

  /** The counts of this second; of a slot that holds an old one none. */
  private static long current(long seen, long mark) {
    return seen >>> 48 == mark ? seen : mark << 48;
  }

  @Override
  public String toString() {
    return isDark ? "dark" : "at most " + Math.round(share * 100) + " %";
  }
}
