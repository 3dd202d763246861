package dev.resilience.discovery.client;

import dev.resilience.discovery.DecisionInterval;
import dev.resilience.discovery.balance.Candidate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How long the instances of a service usually take: the median of their averages, so that one that
 * is slow does not change it. Measured at most every 100 ms, by one of the calls.
 */
final class UsualSpeed {

  private static final Duration INTERVAL = Duration.ofMillis(100);

  /** Of two it is not known which one is the slow one. */
  private static final int FEWEST = 3;

  /** A pause of a garbage collector is not slowness, however quick the calls are. */
  private static final long LEAST_NANOS = 5_000_000;

  /** A hedge begins when most have answered, so whom it overtakes has taken longer. */
  private static final double LATE = 1.5;

  private final double factor;
  private final AtomicLong due;
  private volatile long slowLine = Long.MAX_VALUE;
  private volatile long lateLine = Long.MAX_VALUE;

  UsualSpeed(double factor, long now) {
    this.factor = factor;
    this.due = new AtomicLong(now);
  }

  /** A call that takes longer is slow. */
  long slowLine() {
    return slowLine;
  }

  /** A call that takes longer is slow if a later one, on another instance, does not. */
  long lateLine() {
    return lateLine;
  }

  /** Says yes to one of those that ask. */
  boolean isDue(long now) {
    long at = due.get();
    return now - at >= 0 && due.compareAndSet(at, now + INTERVAL.toNanos());
  }

  void measure(List<Candidate> candidates, long now) {
    due.set(now + INTERVAL.plus(DecisionInterval.of(candidates.size())).toNanos());
    double[] known =
        candidates.stream()
            .mapToDouble(candidate -> candidate.latencyNanos(now))
            .filter(latency -> latency > 0)
            .toArray();
    if (known.length < FEWEST) {
      slowLine = Long.MAX_VALUE;
      lateLine = Long.MAX_VALUE;
      return;
    }
    Arrays.sort(known);
    double median = known[(known.length - 1) / 2];
    slowLine = line(factor, median);
    lateLine = line(Double.isInfinite(factor) ? factor : Math.min(factor, LATE), median);
  }

  private static long line(double times, double median) {
    return (long) Math.max(times * median, median + LEAST_NANOS);
  }
}
