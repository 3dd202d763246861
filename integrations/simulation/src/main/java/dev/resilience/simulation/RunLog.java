package dev.resilience.simulation;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * All that happened in one run, real or simulated.
 *
 * @param scenario what was played
 * @param contender the name of the client
 * @param seed of the callers
 * @param calls one for each caller
 * @param requests one for each request
 * @param circuits in order
 */
public record RunLog(
    Scenario scenario,
    String contender,
    long seed,
    List<CallRecord> calls,
    List<RequestRecord> requests,
    List<CircuitRecord> circuits) {

  /** What it comes to. */
  public Figures figures() {
    return Figures.of(this);
  }

  /**
   * What cannot be: a caller without exactly one outcome, a request of nobody, a moment before its
   * cause. Empty for a run that may be believed.
   */
  public List<String> contradictions() {
    List<String> found = new ArrayList<>();
    Set<Integer> callers = new HashSet<>();
    for (CallRecord call : calls) {
      if (!callers.add(call.caller().number())) {
        found.add("caller " + call.caller().number() + " has two outcomes");
      }
      if (call.ended() < call.arrived()) {
        found.add("caller " + call.caller().number() + " got an answer before it came");
      }
    }
    Traffic traffic = new Traffic(scenario, seed);
    int expected = 0;
    for (Caller caller = traffic.next(); caller != null; caller = traffic.next()) {
      expected++;
      if (!callers.contains(caller.number())) {
        found.add("caller " + caller.number() + " has no outcome");
      }
    }
    if (callers.size() != expected) {
      found.add(callers.size() + " callers (expected: " + expected + ")");
    }
    for (RequestRecord request : requests) {
      if (!callers.contains(request.call())) {
        found.add("a request of nobody: " + request);
      }
      if (!isInOrder(request)) {
        found.add("out of order: " + request);
      }
    }
    return found;
  }

  private static boolean isInOrder(RequestRecord request) {
    return request.released() >= request.sent()
        && (request.received() < 0 || request.received() >= request.sent())
        && (request.began() < 0 || request.began() >= request.received())
        && (request.finished() < 0 || request.finished() >= request.began())
        && (request.status() != 200
            || (request.finished() >= 0 && request.released() >= request.finished()));
  }
}
