package dev.resilience.examples.chain;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What is counted of one run. */
final class Books {

  final AtomicInteger callers = new AtomicInteger();
  final AtomicInteger answered = new AtomicInteger();
  final AtomicInteger refused = new AtomicInteger();
  private final AtomicLong worked = new AtomicLong();
  private final AtomicLong wasted = new AtomicLong();

  /**
   * A worker was busy from one moment to another.
   *
   * @param caller who may have left in between
   */
  void worked(Caller caller, long from, long to) {
    worked.addAndGet(to - from);
    wasted.addAndGet(Math.max(0, to - from - Math.max(0, caller.patience().nanos() - from)));
  }

  Figures figures() {
    return new Figures(
        callers.get(),
        answered.get(),
        refused.get(),
        Duration.ofNanos(worked.get()),
        Duration.ofNanos(wasted.get()));
  }

  /**
   * The figures of a run.
   *
   * @param answered callers that got an answer while they waited
   * @param refused requests that a service turned away, or did not send, because of the time left
   * @param worked how long workers were busy, all together
   * @param wasted how long of it nobody waited any more
   */
  record Figures(int callers, int answered, int refused, Duration worked, Duration wasted) {}
}
