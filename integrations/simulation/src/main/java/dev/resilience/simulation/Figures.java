package dev.resilience.simulation;

import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.simulation.CallRecord.Outcome;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What a run comes to.
 *
 * @param patientSuccess the share of the callers who stayed that got an answer in time
 * @param criticalSuccess the same among those whose calls matter most
 * @param wastedWork how long workers were busy with what nobody wanted any more when it was done
 * @param amplification requests for each call and service of the chain
 * @param falseOpenings how often a circuit opened while nothing was wrong, nor had been for a
 *     second
 * @param falseClosings how often a circuit closed while the service could not answer at all
 * @param recovery from the end of the trouble until callers fare 95 % as well as before; a minute:
 *     not before the end of the run
 * @param median what callers waited, whatever they got
 * @param p99 what all but one percent of the callers waited at the most
 * @param failedKnow median of what callers who stayed and got no answer waited to know
 * @param refusedKnow median of what callers waited who were refused by the client
 * @param toFaulty the share of the requests that went to an instance with a fault of its own, later
 *     than a second after it began
 */
public record Figures(
    double patientSuccess,
    double criticalSuccess,
    Duration wastedWork,
    double amplification,
    int falseOpenings,
    int falseClosings,
    Duration recovery,
    Duration median,
    Duration p99,
    Duration failedKnow,
    Duration refusedKnow,
    double toFaulty) {

  private static final long SECOND = 1_000_000_000L;
  private static final long BIN = SECOND / 10;

  /** Callers who come within so many bins decide whether a run has recovered. */
  private static final int BINS = 5;

  private static final Duration NEVER = Duration.ofMinutes(1);

  static Figures of(RunLog run) {
    Scenario scenario = run.scenario();
    return new Figures(
        success(run, call -> call.caller().isPatient()),
        success(run, call -> call.caller().isPatient() && call.caller().critical()),
        wasted(run),
        run.requests().size() / (double) run.calls().size() / scenario.services().size(),
        falseOpenings(run),
        falseClosings(run),
        recovery(run),
        percentile(run, 0.5, call -> true),
        percentile(run, 0.99, call -> true),
        percentile(run, 0.5, call -> call.caller().isPatient() && !call.isAnswered()),
        percentile(run, 0.5, call -> call.outcome() == Outcome.REFUSED),
        toFaulty(run));
  }

  /** The share of such calls that were answered; 1 if there are none. */
  private static double success(RunLog run, Predicate<CallRecord> which) {
    int of = 0;
    int answered = 0;
    for (CallRecord call : run.calls()) {
      if (which.test(call)) {
        of++;
        answered += call.isAnswered() ? 1 : 0;
      }
    }
    return of == 0 ? 1 : answered / (double) of;
  }

  private static Duration wasted(RunLog run) {
    Map<Integer, Long> endOfCall = new HashMap<>();
    run.calls().forEach(call -> endOfCall.put(call.caller().number(), call.ended()));
    long wasted = 0;
    for (RequestRecord request : run.requests()) {
      long wantedUntil =
          Math.min(request.released(), endOfCall.getOrDefault(request.call(), Long.MAX_VALUE));
      if (request.finished() > wantedUntil) {
        wasted += request.work();
      }
    }
    return Duration.ofNanos(wasted);
  }

  private static int falseOpenings(RunLog run) {
    long from = run.scenario().troubleFrom().toNanos();
    long until = run.scenario().troubleUntil().toNanos() + SECOND;
    return count(run, Circuit.OPEN, at -> at < from || at > until);
  }

  /** Only where nothing gets through at all can a closing be called false. */
  private static int falseClosings(RunLog run) {
    return count(
        run,
        Circuit.CLOSED,
        at ->
            run.scenario().services().stream()
                .flatMap(service -> service.faults().stream())
                .anyMatch(
                    fault ->
                        fault.kind() != Fault.Kind.SLOWER
                            && fault.amount() >= 1
                            && fault.isActive(at, fault.instance())));
  }

  private static int count(RunLog run, Circuit to, Predicate<Long> when) {
    return (int)
        run.circuits().stream()
            .filter(change -> change.to() == to && when.test(change.at()))
            .count();
  }

  private static Duration recovery(RunLog run) {
    long from = run.scenario().troubleFrom().toNanos();
    long until = run.scenario().troubleUntil().toNanos();
    long length = run.scenario().length().toNanos();
    if (until >= length) {
      return Duration.ZERO;
    }
    double enough = 0.95 * success(run, call -> call.caller().isPatient() && call.arrived() < from);
    int bins = (int) ((length - until) / BIN);
    int[] came = new int[bins + 1];
    int[] answered = new int[bins + 1];
    for (CallRecord call : run.calls()) {
      if (call.caller().isPatient() && call.arrived() >= until) {
        int bin = (int) Math.min(bins, (call.arrived() - until) / BIN);
        came[bin]++;
        answered[bin] += call.isAnswered() ? 1 : 0;
      }
    }
    for (int bin = 0; bin + BINS <= bins; bin++) {
      if (share(came, answered, bin, bin + BINS) >= enough
          && share(came, answered, bin, bins) >= enough) {
        return Duration.ofNanos(bin * BIN);
      }
    }
    return NEVER;
  }

  private static double share(int[] came, int[] answered, int from, int until) {
    int of = Arrays.stream(came, from, until).sum();
    return of == 0 ? 1 : Arrays.stream(answered, from, until).sum() / (double) of;
  }

  /** Zero if there are no such calls. */
  private static Duration percentile(RunLog run, double share, Predicate<CallRecord> which) {
    long[] sorted =
        run.calls().stream().filter(which).mapToLong(CallRecord::took).sorted().toArray();
    return Duration.ofNanos(
        sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, sorted.length * share)]);
  }

  private static double toFaulty(RunLog run) {
    List<Service> services = run.scenario().services();
    long of = 0;
    long faulty = 0;
    for (RequestRecord request : run.requests()) {
      for (Service service : services) {
        for (Fault fault : service.faults()) {
          if (fault.instance() >= 0 && fault.isActive(request.sent() - SECOND, fault.instance())) {
            of++;
            faulty += request.instance() == fault.instance() ? 1 : 0;
          }
        }
      }
    }
    return of == 0 ? 0 : faulty / (double) of;
  }
}
