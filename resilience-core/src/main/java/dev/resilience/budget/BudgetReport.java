package dev.resilience.budget;

import java.time.Duration;
import java.util.List;

/**
 * What became of the time of a call, at one moment.
 *
 * @param total what there was to divide
 * @param left what is left until the deadline, zero when that has passed
 * @param stages in the order of the budget
 */
public record BudgetReport(Duration total, Duration left, List<StageAccount> stages) {

  /** An account of stages. */
  public BudgetReport {
    stages = List.copyOf(stages);
  }

  /** What became of a stage. */
  public enum Outcome {
    /** It has not begun, or was left out. */
    NOT_BEGUN,
    /** It was not let begin, as no time was left for it. */
    REFUSED,
    /** It runs. */
    RUNNING,
    /** It returned a result. */
    DONE,
    /** It failed when the time it was given, or that of the whole, was up. */
    OUT_OF_TIME,
    /** It failed otherwise. */
    FAILED
  }

  /**
   * What a stage was given and used.
   *
   * @param stage its name
   * @param weight its share
   * @param given how long it was allowed to take; zero if it has not begun
   * @param used how long it took, or has taken so far
   * @param outcome what became of it
   * @param within the budgets that were started within it
   */
  public record StageAccount(
      String stage,
      double weight,
      Duration given,
      Duration used,
      Outcome outcome,
      List<BudgetReport> within) {

    /** An account of a stage. */
    public StageAccount {
      within = List.copyOf(within);
    }

    /** Whether it took longer than it was allowed to. */
    public boolean hasOverrun() {
      return used.compareTo(given) > 0;
    }
  }

  /** A line for the whole and one for each stage; lines end with {@code \n} but for the last. */
  public String toTree() {
    StringBuilder tree = new StringBuilder("total ").append(total).append(", left ").append(left);
    grow(tree, "\n");
    return tree.toString();
  }

  private void grow(StringBuilder tree, String indent) {
    for (int i = 0; i < stages.size(); i++) {
      StageAccount stage = stages.get(i);
      boolean isLast = i == stages.size() - 1;
      tree.append(indent)
          .append(isLast ? "└─ " : "├─ ")
          .append(stage.stage())
          .append(": given ")
          .append(stage.given())
          .append(", used ")
          .append(stage.used())
          .append(", ")
          .append(stage.outcome());
      for (BudgetReport inner : stage.within()) {
        inner.grow(tree, indent + (isLast ? "   " : "│  "));
      }
    }
  }
}
