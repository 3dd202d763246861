package dev.resilience.breaker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * More results than fit into a long: a ring of cells, each exchanged atomically, so that the number
 * of failures is that of the cells once all writers have returned. As long as there is no failure
 * in a full ring, one more success finds nothing to change.
 */
final class RingWindow implements Window {

  private final AtomicIntegerArray cells;
  private final Thresholds thresholds;
  private final AtomicLong added = new AtomicLong();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger inARow = new AtomicInteger();

  RingWindow(int calls, Thresholds thresholds) {
    this.cells = new AtomicIntegerArray(calls);
    this.thresholds = thresholds;
  }

  @Override
  public boolean add(boolean failure) {
    if (!failure && failures.get() == 0 && added.get() >= cells.length()) {
      return false;
    }
    int result = failure ? 1 : 0;
    long number = added.getAndIncrement();
    int pushedOut = cells.getAndSet((int) (number % cells.length()), result);
    int nowFailures = failures.addAndGet(result - pushedOut);
    return thresholds.arePassedBy(calls(number + 1), nowFailures, row(failure));
  }

  private int row(boolean failure) {
    if (failure) {
      return inARow.incrementAndGet();
    }
    inARow.set(0);
    return 0;
  }

  @Override
  public Tally tally() {
    int calls = calls(added.get());
    return new Tally(calls, failures.get(), Math.min(inARow.get(), calls));
  }

  private int calls(long number) {
    return (int) Math.min(number, cells.length());
  }
}
