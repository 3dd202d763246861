package dev.resilience.load;

import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Summary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What the runs come to: a table, plots, and what in them cannot be. */
final class Report {

  private final List<Scenario> scenarios;
  private final List<String> contenders;
  private final List<RealRun> runs;

  Report(List<Scenario> scenarios, List<String> contenders, List<RealRun> runs) {
    this.scenarios = scenarios;
    this.contenders = contenders;
    this.runs = runs;
  }

  private List<RealRun> runs(Scenario scenario, String contender) {
    return runs.stream()
        .filter(
            run ->
                run.log().scenario().id().equals(scenario.id())
                    && run.log().contender().equals(contender))
        .toList();
  }

  String table() {
    StringBuilder table = new StringBuilder();
    table.append(Summary.head("processor/call"));
    for (Scenario scenario : scenarios) {
      for (String contender : contenders) {
        List<RealRun> some = runs(scenario, contender);
        double micros = some.stream().mapToDouble(RealRun::processorMicros).average().orElseThrow();
        table.append(
            new Summary(scenario, contender, some.stream().map(run -> run.log().figures()).toList())
                .row(String.format(Locale.ROOT, "%.0f µs", micros)));
      }
    }
    return table.toString();
  }

  List<String> contradictions() {
    return runs.stream()
        .flatMap(
            run ->
                run.contradictions().stream()
                    .map(
                        what ->
                            run.log().scenario().id()
                                + " "
                                + run.log().contender()
                                + " seed "
                                + run.log().seed()
                                + ": "
                                + what))
        .toList();
  }

  /** A picture for the answers in time, and one for the work that was wasted. */
  void plot(Path prefix) throws IOException {
    Plots.answers(
        prefix.resolveSibling(prefix.getFileName() + "-answers.png"),
        scenarios,
        contenders,
        this::runs);
    Plots.wastedWork(
        prefix.resolveSibling(prefix.getFileName() + "-wasted.png"),
        scenarios,
        contenders,
        this::runs);
  }
}
