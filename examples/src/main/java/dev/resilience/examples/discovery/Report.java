package dev.resilience.examples.discovery;

import dev.resilience.discovery.registry.ServiceInstance;
import dev.resilience.examples.discovery.Logbook.Answer;
import dev.resilience.examples.discovery.Logbook.Call;
import dev.resilience.examples.discovery.Logbook.Fate;
import dev.resilience.examples.discovery.Logbook.Phase;
import dev.resilience.examples.discovery.Logbook.Standing;
import dev.resilience.examples.program.Samples;
import dev.resilience.examples.program.Table;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the user is told in the end. */
final class Report {

  private final PrintStream out;

  Report(PrintStream out) {
    this.out = out;
  }

  void introduce(Options options) {
    out.printf(
        "Three instances: %d calls a second for %d s or a little more; each caller waits %s, and"
            + " %s for one instance.%n%n",
        options.rate(),
        options.length().toSeconds(),
        seconds(Callers.PATIENCE),
        millis(Callers.ATTEMPT));
  }

  void print(Logbook log) {
    if (log.hasEndedEarly()) {
      out.println();
      out.println("Ended early by Ctrl-C. Up to then:");
    }
    phases(log);
    instances(log);
    registry(log);
    out.flush();
  }

  private void phases(Logbook log) {
    heading("What the callers noticed");
    var table =
        new Table(
            "phase",
            "from",
            "calls",
            "failed",
            "retried",
            "median",
            "99 %",
            "slowest",
            "orders-1",
            "orders-2",
            "orders-3");
    for (Phase phase : log.phases()) {
      List<Call> calls = log.calls(phase.from(), phase.to());
      var durations = new Samples();
      calls.forEach(call -> durations.add(call.ended().minus(call.begun())));
      table.row(
          phase.name(),
          seconds(phase.from()),
          "" + calls.size(),
          "" + calls.stream().filter(call -> call.failure().isPresent()).count(),
          "" + calls.stream().filter(call -> call.tried().size() > 1).count(),
          millis(durations.percentile(0.5)),
          millis(durations.percentile(0.99)),
          millis(durations.percentile(1)),
          share(calls, log.places.get(0)),
          share(calls, log.places.get(1)),
          share(calls, log.places.get(2)));
    }
    table.print(out);
    out.println(
        "  retried: sent to a second instance. orders-1 to 3: their shares of all attempts.");
  }

  private static String share(List<Call> calls, ServiceInstance place) {
    long all = calls.stream().mapToLong(call -> call.tried().size()).sum();
    long its =
        calls.stream()
            .flatMap(call -> call.tried().stream())
            .filter(instance -> instance.id().equals(place.id()))
            .count();
    return all == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * its / all);
  }

  private void instances(Logbook log) {
    heading("What became of the instances");
    var table =
        new Table(
            "instance",
            "ejected after",
            "failed calls until then",
            "and after",
            "out of the set after",
            "calls answered again after");
    for (Fate fate : List.of(Fate.KILLED, Fate.PAUSED, Fate.SLOW)) {
      log.phase(fate).ifPresent(phase -> instance(table, log, phase));
    }
    table.print(out);
    out.println("  ejected never: it was avoided before it had failed five calls.");
    out.println("  out of the set: its session of the registry has expired; the time-out is");
    out.println(
        "  "
            + millis(Duration.ofMillis(Cluster.SESSION_MILLIS))
            + ". The slow one is alive, and stays in it.");
    out.println("  answered again: after it was started, went on, or was quick again.");
  }

  private static void instance(Table table, Logbook log, Phase phase) {
    ServiceInstance who = phase.who().orElseThrow();
    Optional<Phase> recovery = log.after(phase);
    Duration end = recovery.map(Phase::to).orElse(phase.to());
    Optional<Duration> aside = log.firstAfter(phase.from(), who, Standing.EJECTED, Standing.GONE);
    long failed = log.failuresAfter(phase.from(), phase.from(), end);
    long later = failuresAfterItWasEjected(log, phase);
    table.row(
        phase.name(),
        aside.map(Report::millis).orElse("never"),
        "" + (failed - later),
        "" + later,
        phase.fate() == Fate.SLOW
            ? ""
            : log.firstAfter(phase.from(), who, Standing.GONE).map(Report::millis).orElse("never"),
        recovery
            .flatMap(next -> log.firstAnswerOf(who, next.from()))
            .map(Report::millis)
            .orElse("not yet"));
  }

  /** Up to the end of its recovery. */
  static long failuresAfterItWasEjected(Logbook log, Phase phase) {
    Duration end = log.after(phase).map(Phase::to).orElse(phase.to());
    return log.firstAfter(phase.from(), phase.who().orElseThrow(), Standing.EJECTED, Standing.GONE)
        .map(aside -> log.failuresAfter(phase.from().plus(aside), phase.from(), end))
        .orElse(0L);
  }

  private void registry(Logbook log) {
    Optional<Phase> away = log.phase(Fate.REGISTRY_AWAY);
    if (away.isEmpty()) {
      return;
    }
    heading("The registry");
    Phase phase = away.get();
    Duration back = log.after(phase).map(Phase::to).orElse(phase.to());
    List<Answer> answers = log.answers(phase.from(), back);
    Optional<Duration> stale = first(answers, true, phase.from());
    out.printf(
        "  Away for %s. Its last answer was called stale after %s, and was up to %s old.%n",
        seconds(phase.to().minus(phase.from())),
        stale.map(Report::millis).orElse("never"),
        seconds(
            answers.stream()
                .map(Answer::age)
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO)));
    out.printf(
        "  Meanwhile, and until it was trusted again: %d of %d calls failed; the set had %d"
            + " instances or more.%n",
        log.failuresAfter(phase.from(), phase.from(), back),
        log.calls(phase.from(), back).size(),
        answers.stream().mapToInt(Answer::instances).min().orElse(0));
    out.printf(
        "  Started again, it was trusted after %s, with %d registrations.%n",
        first(log.answers(phase.to(), back), false, phase.to()).map(Report::millis).orElse("never"),
        log.answers(phase.to(), back).stream()
            .reduce((earlier, later) -> later)
            .map(Answer::instances)
            .orElse(0));
  }

  private static Optional<Duration> first(List<Answer> answers, boolean stale, Duration since) {
    return answers.stream()
        .filter(answer -> answer.stale() == stale)
        .map(answer -> answer.at().minus(since))
        .findFirst();
  }

  private void heading(String text) {
    out.println();
    out.println(text);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + " ms";
  }
}
