package dev.resilience.retry;

import java.util.concurrent.atomic.LongAdder;

/** What a {@link Retry} counts; nothing of a call that succeeds at the first attempt. */
final class RetryCounters {

  final LongAdder retries = new LongAdder();
  final LongAdder recovered = new LongAdder();
  final LongAdder stopped = new LongAdder();
  final LongAdder unpaid = new LongAdder();
}
