package dev.resilience.timeout;

import dev.resilience.statistics.KaplanMeier;
import dev.resilience.statistics.LogLinearBuckets;
import dev.resilience.statistics.StripedHistogram;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;

/** The counts and durations of an operation since the beginning. Thread-safe. */
final class OutcomeCounts {

  private static final LogLinearBuckets BUCKETS =
      new LogLinearBuckets(Duration.ofNanos(10_000).toNanos(), Duration.ofMinutes(2).toNanos());

  private final String operation;
  private final LongAdder fast = new LongAdder();
  private final LongAdder close = new LongAdder();
  private final LongAdder timedOut = new LongAdder();
  private final LongAdder callerTimedOut = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final LongAccumulator longest = new LongAccumulator(Long::max, 0);
  private final StripedHistogram recent = StripedHistogram.frequent(BUCKETS.size());
  private volatile Duration limit = Duration.ZERO;

  private final ReentrantLock reading = new ReentrantLock();
  private final long[] all = new long[BUCKETS.size()];

  OutcomeCounts(String operation) {
    this.operation = operation;
  }

  void succeeded(Duration itsLimit, long ran) {
    saw(itsLimit);
    recent.add(BUCKETS.index(ran));
    nanos.add(ran);
    if (ran > longest.get()) {
      longest.accumulate(ran);
    }
    long limitNanos = Durations.toNanos(itsLimit);
    if (ran < limitNanos / 2) {
      fast.increment();
    } else if (ran > limitNanos * 0.95) {
      close.increment();
    }
  }

  void timedOut(Duration itsLimit) {
    saw(itsLimit);
    timedOut.increment();
  }

  void callerTimedOut() {
    callerTimedOut.increment();
  }

  void failed() {
    failed.increment();
  }

  private void saw(Duration itsLimit) {
    if (!limit.equals(itsLimit)) {
      limit = itsLimit;
    }
  }

  TimeoutStatistics statistics() {
    reading.lock();
    try {
      recent.drain((bucket, n) -> all[bucket] += n);
      long succeeded = 0;
      for (long n : all) {
        succeeded += n;
      }
      return new TimeoutStatistics(
          operation,
          limit,
          succeeded,
          fast.sum(),
          close.sum(),
          timedOut.sum(),
          callerTimedOut.sum(),
          failed.sum(),
          Duration.ofNanos(succeeded == 0 ? 0 : nanos.sum() / succeeded),
          percentile(0.5),
          percentile(0.95),
          percentile(0.99),
          Duration.ofNanos(longest.get()));
    } finally {
      reading.unlock();
    }
  }

  private Duration percentile(double percentile) {
    KaplanMeier.Estimate estimate = KaplanMeier.percentile(all, new long[all.length], percentile);
    return estimate.isLowerBound()
        ? Duration.ZERO
        : Duration.ofNanos(Math.min(longest.get(), BUCKETS.upperEdge(estimate.bucket())));
  }
}
