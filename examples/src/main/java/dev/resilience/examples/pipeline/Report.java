package dev.resilience.examples.pipeline;

import dev.resilience.context.Context;
import dev.resilience.examples.program.Samples;
import dev.resilience.examples.program.Table;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;

/** What the user is told, before and after a run. */
final class Report {

  private final PrintStream out;
  private final Ledger ledger;

  Report(PrintStream out, Ledger ledger) {
    this.out = out;
    this.ledger = ledger;
  }

  // ---- before

  void introduce(Options options, FaultScript script, URI gateway) {
    out.printf(
        "Order pipeline: %d orders a second for %d s to %s; each caller waits %d s.%n%n",
        options.rate(), options.length().toSeconds(), gateway, Callers.PATIENCE.toSeconds());
    out.println("(After a second of rehearsal: a cold JVM would be a fault of its own.)");
    out.println();
    out.printf("Faults of seed %d (a few callers leave early all the time):%n", script.seed());
    script.phases().forEach(phase -> out.println("  " + phase));
    out.println();
  }

  void introduce(Options options, URI url) {
    out.printf(
        "%d calls a second for %d s: GET %s; each caller waits %d s.%n%n",
        options.rate(), options.length().toSeconds(), url, Callers.PATIENCE.toSeconds());
  }

  // ---- after

  /** The table of a run through our own servers. */
  void pipeline(Context ctx, String database, OptionalLong recorded) {
    endedEarly(ctx);
    outcomes("order");
    recorded.ifPresent(orders -> out.printf("  Recorded in %s: %d orders.%n", database, orders));
    dependencies();
    circuits();
    hops();
    unwantedWork();
    spared();
    out.flush();
  }

  /** The table of a run against a server of which we see only the answers. */
  void foreign(Context ctx) {
    endedEarly(ctx);
    outcomes("call");
    dependencies();
    circuits();
    out.flush();
  }

  private void endedEarly(Context ctx) {
    if (ctx.isDone()) {
      out.println();
      out.println("Ended early by Ctrl-C. Up to then:");
    }
  }

  private void outcomes(String what) {
    heading("What became of the " + what + "s, as their callers saw it");
    int all = ledger.orders();
    var table = new Table("outcome", what + "s", "share", "median", "slowest");
    for (Outcome outcome : Outcome.values()) {
      Samples samples = ledger.outcome(outcome);
      if (samples.count() > 0) {
        table.row(
            outcome.words,
            "" + samples.count(),
            String.format(Locale.ROOT, "%.1f %%", 100.0 * samples.count() / all),
            millis(samples.percentile(0.5)),
            millis(samples.percentile(1)));
      }
    }
    table.row("all", "" + all, "", "", "").print(out);
  }

  private void dependencies() {
    heading("What the policies did");
    var table =
        new Table(
            "dependency",
            "calls",
            "attempts",
            "retries",
            "retried ok",
            "hedges",
            "rejected",
            "fallbacks");
    for (DependencyStats it : ledger.dependencies()) {
      table.row(
          it.name(),
          "" + it.calls(),
          "" + it.attempts(),
          "" + it.retries(),
          "" + it.savedByRetry(),
          "" + it.hedges(),
          "" + it.rejected(),
          "" + it.fallbacks());
    }
    table.print(out);
    out.println(
        "  attempts: requests and statements sent. retried ok: calls that a further attempt");
    out.println("  made good.");
    out.println("  hedges: requests sent beside a slow one. rejected: calls that an open circuit");
    out.println("  did not let through. fallbacks: calls answered by something else.");
  }

  private void circuits() {
    heading("When circuits were open");
    List<Outage> outages =
        ledger.dependencies().stream()
            .flatMap(it -> it.outages().stream())
            .sorted(Comparator.comparing(Outage::from))
            .toList();
    if (outages.isEmpty()) {
      out.println("  never");
      return;
    }
    var table = new Table("circuit", "opened", "closed again", "probed", "opened because");
    for (Outage it : outages) {
      table.row(
          it.circuit(),
          seconds(it.from()),
          it.to().map(Report::seconds).orElse("not yet"),
          it.probed() + " x",
          it.why());
    }
    table.print(out);
    out.println("  probed: became half-open and let a few calls through, to see.");
  }

  private void hops() {
    heading("Time given to each hop, and time it used");
    var table =
        new Table(
            "hop",
            "requests",
            "given min",
            "given median",
            "given max",
            "used median",
            "used 99 %",
            "used max");
    for (HopStats it : ledger.hops()) {
      table.row(
          it.name(),
          "" + it.used().count(),
          millis(it.given().percentile(0)),
          millis(it.given().percentile(0.5)),
          millis(it.given().percentile(1)),
          millis(it.used().percentile(0.5)),
          millis(it.used().percentile(0.99)),
          millis(it.used().percentile(1)));
    }
    table.print(out);
    out.println("  given: time left when the request arrived, read from its headers.");
  }

  private void unwantedWork() {
    heading("Work that nobody wanted any more");
    var table =
        new Table(
            "hop",
            "refused: too late",
            "stopped: caller gone",
            "stopped: out of time",
            "slowest stop",
            "late");
    for (HopStats it : ledger.hops()) {
      table.row(
          it.name(),
          "" + it.refusedLate(),
          "" + it.stoppedByCaller(),
          "" + it.stoppedByDeadline(),
          millis(it.toStop().percentile(1)),
          "" + it.late());
    }
    table.print(out);
    out.printf(
        "  late: went on for more than %d ms after its caller had gone or its time was up.%n",
        HopStats.LATE.toMillis());
    out.printf(
        "  Still running after the last order had ended: %d requests at servers.%n",
        sumOfHops(HopStats::underWay));
    long malformed = ledger.hops().stream().mapToLong(HopStats::malformed).sum();
    if (malformed > 0) {
      out.printf("  Headers left out because they made no sense: %d%n", malformed);
    }
  }

  /** What a service does that does not know when nobody waits any more. */
  private void spared() {
    heading("What would have been wasted without a context");
    var table = new Table("service", "requests cut short", "work left undone", "calls not made");
    for (HopStats it : ledger.hops()) {
      boolean isCalled = !it.name().equals(Pipeline.GATEWAY);
      table.row(
          it.name(),
          "" + (it.stoppedByCaller() + it.stoppedByDeadline() + it.refusedLate()),
          millis(it.spared()),
          isCalled ? "" + ledger.dependency(it.name()).callsSpared() : "");
    }
    table.row(Pipeline.ORDERS, "", "", "" + ledger.dependency(Pipeline.ORDERS).callsSpared());
    table.print(out);
    out.println("  calls not made: a mail for an order that nobody waits for, among others.");
  }

  private int sumOfHops(ToIntFunction<HopStats> number) {
    return ledger.hops().stream().mapToInt(number).sum();
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
