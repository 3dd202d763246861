package dev.resilience.http.client;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a client counts. */
final class HttpClientCounters {

  final LongAdder attempts = new LongAdder();
  final LongAdder responses = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder aborted = new LongAdder();
  final LongAdder cancelMessages = new LongAdder();
  private final EnumMap<ConnectionFailure, LongAdder> failures =
      new EnumMap<>(ConnectionFailure.class);

  HttpClientCounters() {
    for (ConnectionFailure kind : ConnectionFailure.values()) {
      failures.put(kind, new LongAdder());
    }
  }

  void failed(ConnectionFailure kind) {
    LongAdder count = failures.get(kind);
    if (count != null) {
      count.increment();
    }
  }

  Map<ConnectionFailure, Long> failures() {
    Map<ConnectionFailure, Long> sums = new EnumMap<>(ConnectionFailure.class);
    failures.forEach((kind, count) -> sums.put(kind, count.sum()));
    return sums;
  }
}
