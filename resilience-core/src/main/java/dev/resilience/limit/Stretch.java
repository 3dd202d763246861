package dev.resilience.limit;

import org.jspecify.annotations.Nullable;

/**
 * How much room a bucket had at the least from one admission to the next; a chain of them tells how
 * many tokens can be put back as if they had never been taken. Tokens that would have overflowed
 * meanwhile are lost, or a return could exceed the burst.
 *
 * <p>A stretch knows only later ones, and the bucket only the last: those from before the oldest
 * admission that somebody still holds are garbage.
 */
final class Stretch {

  /** Bounds a return of what was taken very long ago; it is treated as used. */
  private static final int FURTHEST = 10_000;

  private double leastRoom = Double.POSITIVE_INFINITY;
  private @Nullable Stretch next;

  Stretch followedByNew() {
    Stretch newest = new Stretch();
    next = newest;
    return newest;
  }

  void sawRoom(double room) {
    leastRoom = Math.min(leastRoom, room);
  }

  /** Takes the room for tokens that go back, from here to the last stretch; how many fit. */
  double putBack(double tokens) {
    double fitting = tokens;
    int steps = 0;
    for (Stretch stretch = this; stretch != null; stretch = stretch.next) {
      fitting = Math.min(fitting, Math.max(0, stretch.leastRoom));
      if (fitting == 0 || ++steps > FURTHEST) {
        return 0;
      }
      stretch.leastRoom -= fitting;
    }
    return fitting;
  }
}
