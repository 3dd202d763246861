package dev.resilience.budget;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.List;

/** What became of the time of a call, at one moment. Immutable. */
public final class BudgetReport {

  private final Duration total;
  private final Duration left;
  private final List<PhaseReport> phases;

  BudgetReport(Duration total, Duration left, List<PhaseReport> phases) {
    this.total = total;
    this.left = left;
    this.phases = List.copyOf(phases);
  }

  /** What there was to divide. */
  public Duration total() {
    return total;
  }

  /** What is left until the deadline, zero when that has passed. */
  public Duration left() {
    return left;
  }

  /** In the order of the budget. */
  public List<PhaseReport> phases() {
    return phases;
  }

  /** What became of a phase. */
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

  /** What a phase was given and used. Immutable. */
  public static final class PhaseReport {

    private final Phase phase;
    private final Duration given;
    private final Duration used;
    private final Outcome outcome;
    private final List<BudgetReport> nested;

    PhaseReport(
        Phase phase, Duration given, Duration used, Outcome outcome, List<BudgetReport> nested) {
      this.phase = phase;
      this.given = given;
      this.used = used;
      this.outcome = outcome;
      this.nested = List.copyOf(nested);
    }

    /** The phase, with its name and weight. */
    public Phase phase() {
      return phase;
    }

    /** How long it was allowed to take; zero if it has not begun. */
    public Duration given() {
      return given;
    }

    /** How long it took, or has taken so far. */
    public Duration used() {
      return used;
    }

    /** What became of it. */
    public Outcome outcome() {
      return outcome;
    }

    /** The budgets that were started within it. */
    public List<BudgetReport> nested() {
      return nested;
    }

    /** Whether it took longer than it was allowed to. */
    public boolean hasOverrun() {
      return used.compareTo(given) > 0;
    }

    /** One line. */
    @Override
    public String toString() {
      return phase
          + ": given "
          + DurationText.of(given)
          + ", used "
          + DurationText.of(used)
          + ", "
          + outcome;
    }
  }

  /** A line for the whole and one for each phase; lines end with {@code \n} but for the last. */
  public String toTree() {
    StringBuilder tree = new StringBuilder(headline());
    grow(tree, "\n");
    return tree.toString();
  }

  private String headline() {
    return "total " + DurationText.of(total) + ", left " + DurationText.of(left);
  }

  private void grow(StringBuilder tree, String indent) {
    for (int i = 0; i < phases.size(); i++) {
      PhaseReport phase = phases.get(i);
      boolean isLast = i == phases.size() - 1;
      tree.append(indent).append(isLast ? "└─ " : "├─ ").append(phase);
      for (BudgetReport inner : phase.nested()) {
        inner.grow(tree, indent + (isLast ? "   " : "│  "));
      }
    }
  }

  /** One line. */
  @Override
  public String toString() {
    return headline() + " " + phases;
  }
}
