package dev.resilience.discovery.balance;

import dev.resilience.context.Context;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts turns. Begins anywhere: else many clients that start together, or that live for a few
 * calls only, would all begin with the first instance.
 */
final class Turns {

  private static final long NOT_BEGUN = Long.MIN_VALUE;

  private final AtomicLong next = new AtomicLong(NOT_BEGUN);

  /** A number that is not negative. */
  long take(Context ctx) {
    long turn = next.getAndIncrement();
    return turn >= 0 ? turn : begin(ctx);
  }

  private long begin(Context ctx) {
    long start = ctx.timeSource().random().nextLong() >>> 32;
    while (true) {
      long present = next.get();
      if (present >= 0) {
        return take(ctx);
      }
      if (next.compareAndSet(present, start + 1)) {
        return start;
      }
    }
  }
}
