package dev.resilience.propagation;

import java.util.concurrent.atomic.LongAdder;

/** What is counted; shared by all views of one {@link Propagation}. */
final class PropagationCounters {

  final LongAdder injected = new LongAdder();
  final LongAdder refusedSends = new LongAdder();
  final LongAdder extracted = new LongAdder();
  final LongAdder applied = new LongAdder();
  final LongAdder late = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final LongAdder[] malformed = adders();
  final LongAdder[] clamped = adders();
  final LongAdder[] untrusted = adders();

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[HeaderField.values().length];
    for (int i = 0; i < adders.length; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }

  void malformed(HeaderField field) {
    malformed[field.ordinal()].increment();
  }

  void clamped(HeaderField field) {
    clamped[field.ordinal()].increment();
  }

  void untrusted(HeaderField field) {
    untrusted[field.ordinal()].increment();
  }
}
