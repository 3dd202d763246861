package dev.resilience.concurrent;

/** What a pool counts. Guarded by its lock; a snapshot has a copy. */
final class PoolCounts {

  long accepted;
  long refused;
  long done;
  long failed;
  long timedOut;
  long cancelled;
  long dropped;
  long abandoned;
  long runs;
  long ranNanos;

  void count(TaskState end) {
    switch (end) {
      case DONE -> done++;
      case FAILED -> failed++;
      case TIMED_OUT -> timedOut++;
      case CANCELLED -> cancelled++;
      case DROPPED -> dropped++;
      case QUEUED, RUNNING -> throw new AssertionError(end);
    }
  }

  long ended() {
    return done + failed + timedOut + cancelled + dropped;
  }

  PoolCounts copy() {
    PoolCounts copy = new PoolCounts();
    copy.accepted = accepted;
    copy.refused = refused;
    copy.done = done;
    copy.failed = failed;
    copy.timedOut = timedOut;
    copy.cancelled = cancelled;
    copy.dropped = dropped;
    copy.abandoned = abandoned;
    copy.runs = runs;
    copy.ranNanos = ranNanos;
    return copy;
  }
}
