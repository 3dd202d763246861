package dev.resilience.examples.program;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Durations, counted and ranked. Thread-safe. */
public final class Samples {

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Duration> samples = new ArrayList<>();

  /** One more. */
  public void add(Duration sample) {
    lock.lock();
    try {
      samples.add(sample);
    } finally {
      lock.unlock();
    }
  }

  /** How many. */
  public int count() {
    return sorted().size();
  }

  /** The smallest sample that this share of all samples does not exceed; zero if there is none. */
  public Duration percentile(double share) {
    List<Duration> sorted = sorted();
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.isEmpty() ? Duration.ZERO : sorted.get(Math.max(0, rank - 1));
  }

  private List<Duration> sorted() {
    lock.lock();
    try {
      return samples.stream().sorted().toList();
    } finally {
      lock.unlock();
    }
  }
}
