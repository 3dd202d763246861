package dev.resilience.http.client;

import java.util.concurrent.atomic.LongAdder;

/** What a client counts. */
final class HttpClientCounters {

  final LongAdder attempts = new LongAdder();
  final LongAdder responses = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder aborted = new LongAdder();
  final LongAdder cancelMessages = new LongAdder();
  final LongAdder[] failures = new LongAdder[ConnectionFailure.values().length];

  HttpClientCounters() {
    for (int i = 0; i < failures.length; i++) {
      failures[i] = new LongAdder();
    }
  }
}
