package dev.resilience.breaker;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * The small window is linearizable: whatever threads do with it at once, there is an order in which
 * a plain list gives the same answers.
 */
class WindowRaceTest {

  private static final int CALLS = 3;
  private static final Thresholds THRESHOLDS = new Thresholds(0.5, Thresholds.NO_RATE, 2, 2);

  @Test
  void results_that_are_added_at_once_have_an_order() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(300)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(2)
        .actorsAfter(1)
        .sequentialSpecification(PlainList.class)
        .check(Tested.class);
  }

  /** What Lincheck drives. */
  public static class Tested {

    private final Window window = new BitWindow(CALLS, THRESHOLDS);

    @Operation
    public boolean success() {
      return window.add(false, false, 0);
    }

    @Operation
    public boolean failure() {
      return window.add(true, false, 0);
    }

    @Operation
    public String tally() {
      return window.tally(0).toString();
    }
  }

  /** What it should be like. */
  public static class PlainList {

    private final Deque<Boolean> latest = new ArrayDeque<>();

    public boolean success() {
      return add(false);
    }

    public boolean failure() {
      return add(true);
    }

    private boolean add(boolean failure) {
      if (!failure && latest.size() == CALLS && !latest.contains(true)) {
        return false;
      }
      latest.addFirst(failure);
      if (latest.size() > CALLS) {
        latest.removeLast();
      }
      return THRESHOLDS.areExceededBy(now());
    }

    public String tally() {
      return now().toString();
    }

    private WindowCounts now() {
      return new WindowCounts(latest.size(), failures(), 0, inARow());
    }

    private int failures() {
      return (int) latest.stream().filter(failure -> failure).count();
    }

    private int inARow() {
      return (int) latest.stream().takeWhile(failure -> failure).count();
    }
  }
}
