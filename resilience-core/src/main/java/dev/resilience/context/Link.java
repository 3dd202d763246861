package dev.resilience.context;

/**
 * The place of a child scope in its parent's list, taken only while somebody waits at the child.
 */
final class Link extends Waiter {

  final Scope child;

  /** Fixed for good, so that the lane's lock orders all changes of this link. */
  private final WaiterList.Lane lane;

  /** Whether the child stands in the list; written under the lane's lock, read without. */
  volatile boolean linked;

  /**
   * Whether the child is to be told when the parent's deadline passes. One with a deadline of its
   * own is not: it ends earlier, by its own timer, or has more time than the parent.
   */
  boolean isTimed() {
    return !(child instanceof DeadlineScope);
  }

  Link(Scope child, WaiterList.Lane lane) {
    this.child = child;
    this.lane = lane;
  }

  /**
   * Makes the list agree with whether anybody waits at the child. Called after each change of that,
   * by whoever changed it.
   *
   * <p>The flag is written before the child is looked at again: one who adds the first waiter and
   * still reads the old flag is seen by this second look.
   *
   * @return whether the list changed
   */
  boolean update() {
    if (linked == child.hasWaiters()) {
      return false;
    }
    lane.lock();
    try {
      boolean wanted;
      do {
        wanted = child.hasWaiters();
        linked = wanted;
      } while (wanted != child.hasWaiters());
      if (wanted == lane.contains(this)) {
        return false;
      }
      if (wanted) {
        lane.append(this);
      } else {
        lane.remove(this);
      }
      return true;
    } finally {
      lane.unlock();
    }
  }
}
