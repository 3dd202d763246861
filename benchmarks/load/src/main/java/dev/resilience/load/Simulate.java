package dev.resilience.load;

import dev.resilience.simulation.Figures;
import dev.resilience.simulation.RunLog;
import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Scenarios;
import dev.resilience.simulation.Simulation;
import dev.resilience.simulation.Summary;
import java.util.ArrayList;
import java.util.List;

/**
 * Plays scenarios under virtual time and prints a Markdown table.
 *
 * <pre>{@code
 * benchmarks/run simulate --stack nothing,preset --scenario B,G --seeds 100
 * }</pre>
 */
final class Simulate {

  private Simulate() {}

  public static void main(String[] args) {
    Options options = Options.parse(args, List.of("stack", "scenario", "seeds"));
    List<String> stacks = options.list("stack", Stacks.names());
    List<Scenario> scenarios =
        options.list("scenario", Scenarios.all().stream().map(Scenario::id).toList()).stream()
            .map(Scenarios::of)
            .toList();
    int seeds = options.number("seeds", 20);
    System.out.print(Summary.head());
    for (Scenario scenario : scenarios) {
      for (String stack : stacks) {
        System.out.print(play(scenario, stack, seeds).row());
      }
    }
  }

  private static Summary play(Scenario scenario, String stack, int seeds) {
    List<Figures> figures = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      RunLog log = Simulation.run(scenario, Stacks.of(stack), seed);
      List<String> contradictions = log.contradictions();
      if (!contradictions.isEmpty()) {
        throw new IllegalStateException(
            stack + " in " + scenario.id() + " with seed " + seed + ": " + contradictions);
      }
      figures.add(log.figures());
    }
    return new Summary(scenario, stack, figures);
  }
}
