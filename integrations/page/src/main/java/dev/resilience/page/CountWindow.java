package dev.resilience.page;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was counted in the last ten seconds, as far as somebody looked; else since the last look.
 */
final class CountWindow {

  private static final long LENGTH = Duration.ofSeconds(10).toNanos();
  private static final long STEP = Duration.ofMillis(400).toNanos();

  private record Look(long at, EndingCounts counts, long attempts) {}

  /** What happened within a time. */
  record Recent(Duration time, EndingCounts counts, long attempts) {

    double perSecond() {
      double seconds = time.toNanos() / 1e9;
      return seconds <= 0 ? 0 : counts.total() / seconds;
    }

    /** Attempts that gave nobody an answer, as a share of all, 0 to 1. */
    double wasted() {
      return attempts <= 0
          ? 0
          : Math.max(0, attempts - counts.of(Ending.SUCCESS)) / (double) attempts;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Deque<Look> looks = new ArrayDeque<>();

  CountWindow(long start) {
    looks.add(new Look(start, EndingCounts.NONE, 0));
  }

  Recent look(long now, EndingCounts counts, long attempts) {
    lock.lock();
    try {
      while (looks.size() > 1 && now - looks.getFirst().at > LENGTH) {
        looks.removeFirst();
      }
      Look before = looks.getFirst();
      if (now - looks.getLast().at >= STEP) {
        looks.addLast(new Look(now, counts, attempts));
      }
      return new Recent(
          Duration.ofNanos(now - before.at),
          counts.minus(before.counts),
          attempts - before.attempts);
    } finally {
      lock.unlock();
    }
  }
}
