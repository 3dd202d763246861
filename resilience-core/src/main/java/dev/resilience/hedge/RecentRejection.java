package dev.resilience.hedge;

import dev.resilience.context.Context;

/**
 * Whether a limit has rejected a call within the last second: it is full then, and a hedge would
 * take the place of a first attempt. An event has no clock, so it counts from when it is first
 * asked about. Thread-safe.
 */
final class RecentRejection {

  private static final long SECOND = 1_000_000_000L;

  private volatile boolean isNew;
  private volatile boolean isKnown;
  private volatile long seen;

  void happened() {
    isNew = true;
  }

  boolean isRecent(Context ctx) {
    if (!isNew && !isKnown) {
      return false;
    }
    long now = ctx.timeSource().nanoTime();
    if (isNew) {
      isNew = false;
      seen = now;
      isKnown = true;
    }
    return now - seen < SECOND;
  }
}
