package dev.resilience.time;

import org.jspecify.annotations.Nullable;

/** A timer of a virtual clock. */
final class VirtualTimer extends ScheduledItem implements Timer {

  private final VirtualClock clock;

  /** Null once it has run or was cancelled. Guarded by the clock's lock. */
  private @Nullable Runnable task;

  VirtualTimer(long at, long number, VirtualClock clock, Runnable task) {
    super(at, number);
    this.clock = clock;
    this.task = task;
  }

  @Override
  public boolean cancel() {
    return take() != null;
  }

  /** Takes the task off the agenda; whoever gets it decides. */
  @Nullable Runnable take() {
    clock.lock.lock();
    try {
      Runnable taken = task;
      if (taken != null) {
        task = null;
        clock.forget(this);
      }
      return taken;
    } finally {
      clock.lock.unlock();
    }
  }
}
