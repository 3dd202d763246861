package dev.resilience.budget;

import dev.resilience.budget.BudgetReport.Outcome;
import dev.resilience.context.Context;
import dev.resilience.observe.CallReport;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A stage's line in the account. Written by whoever does the stage, read by anybody. */
final class PhaseRecord {

  final Phase stage;
  private final List<BudgetRun> within = new CopyOnWriteArrayList<>();
  private volatile Progress progress = new Progress(Duration.ZERO, null, 0, 0, Outcome.NOT_BEGUN);

  private record Progress(
      Duration given, @Nullable TimeSource running, long begun, long used, Outcome outcome) {}

  PhaseRecord(Phase stage) {
    this.stage = stage;
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
        "stage " + stage,
        () -> "given " + was.given + ", used " + Duration.ofNanos(used) + ", " + outcome);
  }

  /** A budget was started within this stage. */
  void hold(BudgetRun inner) {
    within.add(inner);
  }

  BudgetReport.StageAccount account() {
    Progress now = progress;
    long used = now.running == null ? now.used : now.running.nanoTime() - now.begun;
    return new BudgetReport.StageAccount(
        stage.name(),
        stage.weight(),
        now.given,
        Duration.ofNanos(used),
        now.outcome,
        within.stream().map(BudgetRun::account).toList());
  }
}
