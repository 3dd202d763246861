package dev.resilience.limit;

import org.jspecify.annotations.Nullable;

/**
 * Tokens of a bucket that were taken and not used yet, and the smallest free capacity of the bucket
 * from then until the next such admission. A chain of these tells how many tokens can be put back
 * as if they had never been taken: tokens that would have overflowed meanwhile are lost, or a
 * return could exceed the burst.
 *
 * <p>There is one for each admission that somebody still holds, and none for the others.
 */
final class RoomRecord implements Meter.Hold {

  private final int tokens;
  private double leastRoom = Double.POSITIVE_INFINITY;
  private @Nullable RoomRecord older;
  private @Nullable RoomRecord newer;

  /**
   * The newest.
   *
   * @param before the newest so far
   */
  RoomRecord(int tokens, @Nullable RoomRecord before) {
    this.tokens = tokens;
    this.older = before;
    if (before != null) {
      before.newer = this;
    }
  }

  /** To be told of the newest, whenever the capacity may be at its smallest. */
  void sawRoom(double room) {
    leastRoom = Math.min(leastRoom, room);
  }

  /** Takes the room for the tokens, from here to the newest. Returns how many fit. */
  double putBack() {
    double fitting = tokens;
    for (RoomRecord record = this; record != null; record = record.newer) {
      fitting = Math.min(fitting, Math.max(0, record.leastRoom));
    }
    for (RoomRecord record = this; record != null; record = record.newer) {
      record.leastRoom -= fitting;
    }
    return fitting;
  }

  /**
   * Nobody holds it any more: what it saw, the one before it saw too.
   *
   * @param newest the newest so far
   * @return the newest from now on
   */
  @Nullable RoomRecord end(@Nullable RoomRecord newest) {
    RoomRecord before = older;
    RoomRecord after = newer;
    if (before != null) {
      before.leastRoom = Math.min(before.leastRoom, leastRoom);
      before.newer = after;
    }
    if (after != null) {
      after.older = before;
    }
    older = null;
    newer = null;
    return after == null ? before : newest;
  }
}
