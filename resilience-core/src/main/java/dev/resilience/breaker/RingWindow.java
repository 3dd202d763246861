package dev.resilience.breaker;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * More results than fit into a long, or such that may be slow: a ring of cells, each exchanged
 * atomically, so that the numbers are those of the cells once all writers have returned. As long as
 * there is nothing bad in a full ring, one more success finds nothing to change.
 */
final class RingWindow implements Window {

  private static final int FAILURE = 1;
  private static final int SLOW = 2;

  private final AtomicIntegerArray cells;
  private final Thresholds thresholds;
  private final AtomicLong added = new AtomicLong();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger slows = new AtomicInteger();
  private final AtomicInteger inARow = new AtomicInteger();

  RingWindow(int calls, Thresholds thresholds) {
    this.cells = new AtomicIntegerArray(calls);
    this.thresholds = thresholds;
  }

  @Override
  public boolean add(boolean failure, boolean slow, long now) {
    if (!failure
        && !slow
        && failures.get() == 0
        && slows.get() == 0
        && added.get() >= cells.length()) {
      return false;
    }
    int result = (failure ? FAILURE : 0) | (slow ? SLOW : 0);
    long number = added.getAndIncrement();
    int pushedOut = cells.getAndSet((int) (number % cells.length()), result);
    int nowFailures = change(failures, result, pushedOut, FAILURE);
    int nowSlow = change(slows, result, pushedOut, SLOW);
    return thresholds.areExceededBy(calls(number + 1), nowFailures, nowSlow, row(failure));
  }

  private static int change(AtomicInteger sum, int result, int pushedOut, int kind) {
    int more = ((result & kind) - (pushedOut & kind)) / kind;
    return more == 0 ? sum.get() : sum.addAndGet(more);
  }

  private int row(boolean failure) {
    if (failure) {
      return inARow.incrementAndGet();
    }
    inARow.set(0);
    return 0;
  }

  @Override
  public WindowCounts tally(long now) {
    int calls = calls(added.get());
    return new WindowCounts(calls, failures.get(), slows.get(), Math.min(inARow.get(), calls));
  }

  private int calls(long number) {
    return (int) Math.min(number, cells.length());
  }
}
