package dev.resilience.propagation;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What is counted; shared by all views of one {@link Propagation}. */
final class PropagationCounters {

  final LongAdder injected = new LongAdder();
  final LongAdder refusedSends = new LongAdder();
  final LongAdder extracted = new LongAdder();
  final LongAdder applied = new LongAdder();
  final LongAdder late = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final ByField malformed = new ByField();
  final ByField clamped = new ByField();
  final ByField untrusted = new ByField();

  void malformed(HeaderField field) {
    malformed.increment(field);
  }

  void clamped(HeaderField field) {
    clamped.increment(field);
  }

  void untrusted(HeaderField field) {
    untrusted.increment(field);
  }

  /** A count for each kind of header. */
  static final class ByField {

    private final EnumMap<HeaderField, LongAdder> counts = new EnumMap<>(HeaderField.class);

    ByField() {
      for (HeaderField field : HeaderField.values()) {
        counts.put(field, new LongAdder());
      }
    }

    private void increment(HeaderField field) {
      LongAdder count = counts.get(field);
      if (count != null) {
        count.increment();
      }
    }

    Map<HeaderField, Long> sums() {
      Map<HeaderField, Long> sums = new EnumMap<>(HeaderField.class);
      counts.forEach((field, count) -> sums.put(field, count.sum()));
      return sums;
    }
  }
}
