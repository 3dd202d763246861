package dev.resilience.budget;

import dev.resilience.budget.BudgetReport.Outcome;
import dev.resilience.context.Context;
import dev.resilience.observe.CallReport;
import dev.resilience.text.DurationText;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A phase's line in the report. Written by the thread that ends the phase, read by any. */
final class PhaseRecord {

  final Phase phase;
  private final List<BudgetRun> nested = new CopyOnWriteArrayList<>();
  private volatile Progress progress = new Progress(Duration.ZERO, null, 0, 0, Outcome.NOT_BEGUN);

  private record Progress(
      Duration given, @Nullable TimeSource running, long begun, long used, Outcome outcome) {}

  PhaseRecord(Phase phase) {
    this.phase = phase;
  }

  void begin(Duration given, TimeSource time) {
    progress = new Progress(given, time, time.nanoTime(), 0, Outcome.RUNNING);
  }

  void refuse() {
    progress = new Progress(Duration.ZERO, null, 0, 0, Outcome.REFUSED);
  }

  void end(Context ctx, Outcome outcome) {
    Progress was = progress;
    long used = ctx.timeSource().nanoTime() - was.begun;
    progress = new Progress(was.given, null, was.begun, used, outcome);
    CallReport.remark(
        ctx,
        "phase " + phase,
        () ->
            "given "
                + DurationText.of(was.given)
                + ", used "
                + DurationText.of(Duration.ofNanos(used))
                + ", "
                + outcome);
  }

  /** A budget was started within this phase. */
  void hold(BudgetRun inner) {
    nested.add(inner);
  }

  BudgetReport.PhaseReport report() {
    Progress now = progress;
    long used = now.running == null ? now.used : now.running.nanoTime() - now.begun;
    return new BudgetReport.PhaseReport(
        phase,
        now.given,
        Duration.ofNanos(used),
        now.outcome,
        nested.stream().map(BudgetRun::report).toList());
  }
}
