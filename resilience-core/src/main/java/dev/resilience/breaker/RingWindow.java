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
  private static final int TIMED_OUT = 2;
  private static final int SLOW = 4;

  private final AtomicIntegerArray cells;
  private final Thresholds thresholds;
  private final AtomicLong added = new AtomicLong();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger timedOut = new AtomicInteger();
  private final AtomicInteger slows = new AtomicInteger();
  private final AtomicInteger inARow = new AtomicInteger();

  RingWindow(int calls, Thresholds thresholds) {
    this.cells = new AtomicIntegerArray(calls);
    this.thresholds = thresholds;
  }

  @Override
  public Health add(Result result, boolean slow, long now) {
    if (result == Result.SUCCESS && !slow && isFullOfSuccesses()) {
      return Health.WELL;
    }
    int cell = code(result) | (slow ? SLOW : 0);
    long number = added.getAndIncrement();
    int pushedOut = cells.getAndSet((int) (number % cells.length()), cell);
    int nowFailures = change(failures, cell, pushedOut, FAILURE);
    int nowTimedOut = change(timedOut, cell, pushedOut, TIMED_OUT);
    int nowSlow = change(slows, cell, pushedOut, SLOW);
    return thresholds.judge(
        calls(number + 1),
        nowFailures,
        nowTimedOut,
        nowSlow,
        Math.min(failuresInARow(result), nowFailures));
  }

  private boolean isFullOfSuccesses() {
    return failures.get() == 0
        && timedOut.get() == 0
        && slows.get() == 0
        && added.get() >= cells.length();
  }

  private static int code(Result result) {
    return switch (result) {
      case SUCCESS -> 0;
      case FAILURE -> FAILURE;
      case TIMED_OUT -> TIMED_OUT;
    };
  }

  private static int change(AtomicInteger sum, int result, int pushedOut, int kind) {
    int more = ((result & kind) - (pushedOut & kind)) / kind;
    return more == 0 ? sum.get() : sum.addAndGet(more);
  }

  private int failuresInARow(Result latest) {
    return switch (latest) {
      case SUCCESS -> {
        inARow.set(0);
        yield 0;
      }
      case FAILURE -> inARow.incrementAndGet();
      case TIMED_OUT -> inARow.get();
    };
  }

  @Override
  public WindowCounts counts(long now) {
    int nowFailures = failures.get();
    return new WindowCounts(
        calls(added.get()),
        nowFailures,
        timedOut.get(),
        slows.get(),
        Math.min(inARow.get(), nowFailures));
  }

  private int calls(long number) {
    return (int) Math.min(number, cells.length());
  }
}
