package dev.resilience.jdbc;

import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.LongAdder;

/** What happened to connections, for people. What fails on the side is logged for debugging. */
final class Counters {

  private static final Logger LOG = System.getLogger(Database.class.getName());

  private final LongAdder cancelled = new LongAdder();
  private final LongAdder aborted = new LongAdder();
  private final LongAdder evicted = new LongAdder();

  void cancelled() {
    cancelled.increment();
  }

  void aborted() {
    aborted.increment();
  }

  void evicted() {
    evicted.increment();
  }

  /** Something failed that nobody waits for: a cancel, an abort, a close. */
  void failed(Throwable failure) {
    try {
      SafeText.log(LOG, Level.DEBUG, "on a connection that is given up", failure);
    } catch (Throwable broken) {
      // A logger, or the text of the failure: the connection goes its way all the same.
    }
  }

  DatabaseSnapshot snapshot(String name, int size, int inUse, int waiting) {
    return new DatabaseSnapshot(
        name, size, inUse, waiting, cancelled.sum(), aborted.sum(), evicted.sum());
  }
}
