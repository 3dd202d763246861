package dev.resilience.load;

import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Scenarios;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Plays all scenarios for all contenders over real sockets, and writes a table and plots.
 *
 * <pre>{@code
 * benchmarks/run load [--scenario B,G] [--contender failsafe,preset] [--seeds 4] [--together 2] [--out DIR]
 * }</pre>
 */
final class LoadComparison {

  private LoadComparison() {}

  /** One run to be made. */
  private record Task(Scenario scenario, String contender, long seed) {}

  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(String[] args) throws Exception {
    Options options =
        Options.parse(args, List.of("scenario", "contender", "seeds", "together", "out"));
    List<String> contenders = options.list("contender", Contenders.usual());
    contenders.forEach(Contenders::of);
    List<Scenario> scenarios =
        options.list("scenario", Scenarios.all().stream().map(Scenario::id).toList()).stream()
            .map(Scenarios::of)
            .toList();
    int seeds = options.number("seeds", 1);
    List<Task> tasks = new ArrayList<>();
    for (long seed = 1; seed <= seeds; seed++) {
      for (Scenario scenario : scenarios) {
        for (String contender : contenders) {
          tasks.add(new Task(scenario, contender, seed));
        }
      }
    }
    List<RealRun> runs = play(tasks, options.number("together", 2));
    Report report = new Report(scenarios, contenders, runs);
    System.out.println();
    System.out.print(report.table());
    report.contradictions().forEach(System.out::println);
    Path out = Path.of(options.text("out", "."));
    Files.createDirectories(out);
    Files.writeString(out.resolve("load.md"), report.table());
    report.plot(out.resolve("load"));
    if (!report.contradictions().isEmpty()) {
      System.exit(1);
    }
  }

  /** Some runs at a time: contenders side by side share what else goes on on the machine. */
  private static List<RealRun> play(List<Task> tasks, int together) throws Exception {
    Queue<Task> left = new ConcurrentLinkedQueue<>(tasks);
    Queue<RealRun> runs = new ConcurrentLinkedQueue<>();
    ExecutorService stages = Executors.newFixedThreadPool(together, Threads.daemons("stage"));
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < together; i++) {
      all.add(
          stages.submit(
              () -> {
                try (Stage stage = Stage.inTemporaryFiles()) {
                  for (Task task = left.poll(); task != null; task = left.poll()) {
                    RealRun run = stage.play(task.scenario(), task.contender(), task.seed());
                    runs.add(run);
                    tell(run);
                  }
                }
                return null;
              }));
    }
    for (Future<?> one : all) {
      one.get();
    }
    stages.shutdown();
    return List.copyOf(runs);
  }

  private static void tell(RealRun run) {
    Duration wasted = run.log().figures().wastedWork();
    System.err.printf(
        "%s %s, seed %d: %.3f in time, %.1f s wasted%n",
        run.log().scenario().id(),
        run.log().contender(),
        run.log().seed(),
        run.log().figures().patientSuccess(),
        wasted.toMillis() / 1e3);
  }
}
