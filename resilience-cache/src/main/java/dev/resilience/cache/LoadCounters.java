package dev.resilience.cache;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/** What a {@link CacheSnapshot} is made of. Nothing is counted for a plain hit; Caffeine does. */
final class LoadCounters {

  final LongAdder loads = new LongAdder();
  final LongAdder failures = new LongAdder();
  final LongAdder loadNanos = new LongAdder();
  final LongAdder abandoned = new LongAdder();
  final LongAdder discarded = new LongAdder();
  final LongAdder refreshes = new LongAdder();
  final LongAdder staleServed = new LongAdder();

  /** Reads that Caffeine counts as hits although what was found could not be served. */
  final LongAdder useless = new LongAdder();

  final LongAdder callersLeft = new LongAdder();
  final LongAdder leftBehind = new LongAdder();

  void loaded(Duration took) {
    loads.increment();
    loadNanos.add(took.toNanos());
  }

  void failed(Duration took) {
    failures.increment();
    loadNanos.add(took.toNanos());
  }
}
