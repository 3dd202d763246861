package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import dev.resilience.time.Durations;
import java.time.Duration;

/**
 * Looks at a context every so many items or every so often, whichever comes first: for loops whose
 * items cost less than a look.
 *
 * <pre>{@code
 * Checkpoint checkpoint = Checkpoint.of(ctx, 100, ofMillis(50));
 * for (Row row : rows) {
 *   checkpoint.pass();          // throws when the context has ended
 *   add(row);
 * }
 * }</pre>
 *
 * <p>The clock is not read for each item: from how long items have taken, the checkpoint foretells
 * when to look next, at half of the time that is left. So a look may come late by one item, or
 * where items suddenly become much slower.
 *
 * <p>Not thread-safe: for one loop.
 */
public final class Checkpoint {

  private final Context ctx;
  private final int items;
  private final long interval;
  private long lookedAt;
  private int sinceLook;
  private int untilLook = 1;
  private long passed;

  private Checkpoint(Context ctx, int items, long interval) {
    this.ctx = ctx;
    this.items = items;
    this.interval = interval;
    this.lookedAt = ctx.timeSource().nanoTime();
  }

  /**
   * A checkpoint.
   *
   * @param items look at least every so many, at least 1
   * @param interval look at least every so often, positive
   */
  public static Checkpoint of(Context ctx, int items, Duration interval) {
    return new Checkpoint(
        requireNonNull(ctx, "ctx"),
        Arguments.requireAtLeastOne(items, "items"),
        Durations.toNanos(Durations.requirePositive(interval, "interval")));
  }

  /**
   * Passes an item.
   *
   * @throws dev.resilience.context.ContextException if this looked, and the context has ended
   */
  public void pass() {
    passed++;
    if (++sinceLook >= untilLook) {
      look();
    }
  }

  private void look() {
    ctx.throwIfDone();
    long now = ctx.timeSource().nanoTime();
    long perItem = Math.max(1, (now - lookedAt) / sinceLook);
    // At most doubled: the first items say little.
    long next = Math.min(2L * untilLook, interval / 2 / perItem);
    untilLook = (int) Math.max(1, Math.min(items, next));
    lookedAt = now;
    sinceLook = 0;
  }

  /** How many items have passed. */
  public long passed() {
    return passed;
  }
}
