package dev.resilience.load;

import static java.util.Objects.requireNonNull;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.simulation.CallRecord;
import dev.resilience.simulation.Caller;
import dev.resilience.simulation.CircuitRecord;
import dev.resilience.simulation.RequestRecord;
import dev.resilience.simulation.RunLog;
import dev.resilience.simulation.Scenario;
import dev.resilience.simulation.Traffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A run over real sockets, put together from what its processes have noted.
 *
 * @param log as of a simulated run
 * @param processorNanos used by the processes with the contender's clients
 * @param contradictions between what senders and services have noted; empty for a run that may be
 *     believed
 */
record RealRun(RunLog log, long processorNanos, List<String> contradictions) {

  /** Processor time of the clients for each call, in microseconds. */
  double processorMicros() {
    return processorNanos / 1e3 / log.calls().size();
  }

  /**
   * Reads the notes.
   *
   * @param ownFiles of the processes with the contender's clients
   * @param serviceFiles of the others
   */
  static RealRun read(
      Scenario scenario, String contender, long seed, List<Path> ownFiles, List<Path> serviceFiles)
      throws IOException {
    Notes notes = new Notes();
    for (Path file : ownFiles) {
      notes.read(file, true);
    }
    for (Path file : serviceFiles) {
      notes.read(file, false);
    }
    RunLog log = notes.toLog(scenario, contender, seed);
    List<String> contradictions = new ArrayList<>(log.contradictions());
    contradictions.addAll(notes.contradictions);
    return new RealRun(log, notes.processor, contradictions);
  }

  private static final class Notes {

    private final List<String[]> calls = new ArrayList<>();
    private final List<String[]> sent = new ArrayList<>();
    private final List<CircuitRecord> circuits = new ArrayList<>();
    private final Map<String, String[]> served = new HashMap<>();
    private final List<String> contradictions = new ArrayList<>();
    private long processor;

    void read(Path file, boolean own) throws IOException {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split("\t", -1);
        switch (words[0]) {
          case "call" -> calls.add(words);
          case "sent" -> sent.add(words);
          case "served" -> {
            if (served.put(words[1], words) != null) {
              contradictions.add("served twice: " + words[1]);
            }
          }
          case "circuit" ->
              circuits.add(
                  new CircuitRecord(words[1], Long.parseLong(words[2]), Circuit.valueOf(words[3])));
          case "processor" -> processor += own ? Long.parseLong(words[1]) : 0;
          default -> throw new IOException("not understood: " + line);
        }
      }
    }

    RunLog toLog(Scenario scenario, String contender, long seed) {
      Map<Integer, Caller> callers = new HashMap<>();
      Traffic traffic = new Traffic(scenario, seed);
      for (Caller caller = traffic.next(); caller != null; caller = traffic.next()) {
        callers.put(caller.number(), caller);
      }
      return new RunLog(
          scenario,
          contender,
          seed,
          calls.stream()
              .map(
                  words ->
                      new CallRecord(
                          requireNonNull(callers.get(Integer.valueOf(words[1])), words[1]),
                          Long.parseLong(words[2]),
                          Long.parseLong(words[3]),
                          CallRecord.Outcome.valueOf(words[4])))
              .toList(),
          requests(scenario),
          List.copyOf(circuits));
    }

    private List<RequestRecord> requests(Scenario scenario) {
      List<RequestRecord> requests = new ArrayList<>();
      for (String[] words : sent) {
        String[] there = served.remove(words[1]);
        int status = Integer.parseInt(words[6]);
        if (there == null && status > 0) {
          contradictions.add("answered by nobody: " + words[1]);
        }
        requests.add(
            new RequestRecord(
                Integer.parseInt(words[2]),
                there == null ? scenario.services().get(0).name() : there[2],
                Integer.parseInt(words[3]),
                Long.parseLong(words[4]),
                there == null ? -1 : Long.parseLong(there[4]),
                there == null ? -1 : Long.parseLong(there[5]),
                there == null ? -1 : Long.parseLong(there[6]),
                Long.parseLong(words[5]),
                status));
      }
      served.keySet().forEach(id -> contradictions.add("sent by nobody: " + id));
      return requests;
    }
  }
}
