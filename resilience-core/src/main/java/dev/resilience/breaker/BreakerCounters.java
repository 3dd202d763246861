package dev.resilience.breaker;

import java.util.concurrent.atomic.LongAdder;

/** What became of all calls so far. Thread-safe. */
final class BreakerCounters {

  final LongAdder succeeded = new LongAdder();
  final LongAdder failed = new LongAdder();
  final LongAdder timedOut = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder uncounted = new LongAdder();
  final LongAdder rejected = new LongAdder();
}
