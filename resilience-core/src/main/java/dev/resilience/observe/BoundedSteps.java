package dev.resilience.observe;

import dev.resilience.observe.CallReport.Decision;
import dev.resilience.observe.CallReport.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps of a report, bounded: of a call that is tried for days the first one and the last ones.
 * Not thread-safe.
 */
final class BoundedSteps {

  private static final int MOST = 128;

  private final List<Step> steps = new ArrayList<>(4);
  private long leftOut;

  void add(Step step) {
    if (steps.size() == MOST) {
      steps.remove(1);
      leftOut++;
    }
    steps.add(step);
  }

  List<Step> toList() {
    List<Step> told = new ArrayList<>(steps);
    if (leftOut > 0) {
      told.add(1, new Decision(leftOut + " steps left out"));
    }
    return List.copyOf(told);
  }
}
