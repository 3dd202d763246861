package dev.resilience.simulation;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * The figures of several runs that differ in their seeds.
 *
 * @param scenario what was played
 * @param contender who played
 * @param runs one for each seed
 */
public record Summary(Scenario scenario, String contender, List<Figures> runs) {

  /** Copies the list. */
  public Summary {
    runs = List.copyOf(runs);
    if (runs.isEmpty()) {
      throw new IllegalArgumentException("runs: none (expected: at least one)");
    }
  }

  /** The mean of a figure. */
  public double mean(ToDoubleFunction<Figures> figure) {
    return runs.stream().mapToDouble(figure).average().orElseThrow();
  }

  /** The smallest of a figure. */
  public double min(ToDoubleFunction<Figures> figure) {
    return runs.stream().mapToDouble(figure).min().orElseThrow();
  }

  /** The greatest of a figure. */
  public double max(ToDoubleFunction<Figures> figure) {
    return runs.stream().mapToDouble(figure).max().orElseThrow();
  }

  /**
   * The head of a Markdown table of summaries.
   *
   * @param more names of further columns
   */
  public static String head(String... more) {
    String names =
        "| | contender | in time | worst | critical | wasted s | requests/call | false open/close"
            + " | recovery | p50 | p99 | failed know | refused know | to the faulty |";
    for (String name : more) {
      names += " " + name + " |";
    }
    return names + "\n|" + "---|".repeat(14 + more.length) + "\n";
  }

  /**
   * One line of a Markdown table: means, where nothing else is said.
   *
   * @param more cells of further columns
   */
  public String row(String... more) {
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %s | %.3f | %.3f | %.3f | %.1f | %.2f | %.1f / %.1f | %s | %s | %s | %s | %s |"
                + " %.3f |",
            scenario.id(),
            contender,
            mean(Figures::patientSuccess),
            min(Figures::patientSuccess),
            mean(Figures::criticalSuccess),
            mean(seconds(Figures::wastedWork)),
            mean(Figures::amplification),
            mean(Figures::falseOpenings),
            mean(Figures::falseClosings),
            millis(Figures::recovery),
            millis(Figures::median),
            millis(Figures::p99),
            millis(Figures::failedKnow),
            millis(Figures::refusedKnow),
            mean(Figures::toFaulty));
    for (String cell : more) {
      row += " " + cell + " |";
    }
    return row + "\n";
  }

  private String millis(Function<Figures, Duration> figure) {
    return Math.round(1000 * mean(seconds(figure))) + " ms";
  }

  /** A duration as a number, for {@link #mean} and its kind. */
  public static ToDoubleFunction<Figures> seconds(Function<Figures, Duration> figure) {
    return figures -> figure.apply(figures).toNanos() / 1e9;
  }
}
