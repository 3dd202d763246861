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
  private static final Thresholds THRESHOLDS = new Thresholds(0.5, Thresholds.NO_RATE, 2, 2, 0);

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
    public String success() {
      return window.add(Result.SUCCESS, false, 0).name();
    }

    @Operation
    public String failure() {
      return window.add(Result.FAILURE, false, 0).name();
    }

    @Operation
    public String timeOut() {
      return window.add(Result.TIMED_OUT, false, 0).name();
    }

    @Operation
    public String counts() {
      return window.counts(0).toString();
    }
  }

  /** What it should be like. */
  public static class PlainList {

    private final Deque<Result> latest = new ArrayDeque<>();

    public String success() {
      return add(Result.SUCCESS);
    }

    public String failure() {
      return add(Result.FAILURE);
    }

    public String timeOut() {
      return add(Result.TIMED_OUT);
    }

    private String add(Result result) {
      if (result == Result.SUCCESS && count(Result.SUCCESS) == CALLS) {
        return Health.WELL.name();
      }
      latest.addFirst(result);
      if (latest.size() > CALLS) {
        latest.removeLast();
      }
      return THRESHOLDS.judge(now()).name();
    }

    public String counts() {
      return now().toString();
    }

    private WindowCounts now() {
      return new WindowCounts(
          latest.size(), count(Result.FAILURE), count(Result.TIMED_OUT), 0, inARow());
    }

    private int count(Result result) {
      return (int) latest.stream().filter(added -> added == result).count();
    }

    private int inARow() {
      return (int)
          latest.stream()
              .takeWhile(added -> added != Result.SUCCESS)
              .filter(added -> added == Result.FAILURE)
              .count();
    }
  }
}
