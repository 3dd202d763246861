package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.ChaosSnapshot;
import dev.resilience.chaos.Fault;
import dev.resilience.concurrent.Loan;
import dev.resilience.concurrent.Operation;
import dev.resilience.concurrent.Operations;
import dev.resilience.concurrent.PoolSnapshot;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.ResourcePoolSnapshot;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.limit.RateLimit;
import dev.resilience.limit.RateLimitSnapshot;
import dev.resilience.text.DurationText;
import java.util.Locale;

/** Panels for what the core of the library has. */
public final class Panels {

  private Panels() {}

  /** A worker pool and its tasks: what runs or waits. {@link TaskHistory} adds what has ended. */
  public static Panel pool(WorkerPool pool) {
    requireNonNull(pool, "pool");
    return () -> {
      PanelSnapshot.Builder panel = figures(pool.snapshot());
      panel.columns("task", "name", "state", "progress", "time", "priority");
      pool.tasks().forEach(task -> row(panel, task));
      return panel.build();
    };
  }

  /** A worker pool, its tasks, and those that have ended of late. */
  public static Panel pool(WorkerPool pool, TaskHistory history) {
    requireNonNull(pool, "pool");
    requireNonNull(history, "history");
    return () -> {
      PanelSnapshot.Builder panel = figures(pool.snapshot());
      panel.columns("task", "name", "state", "progress", "time", "priority");
      pool.tasks().stream().filter(task -> !task.isEnded()).forEach(task -> row(panel, task));
      history.rows().forEach(ended -> panel.row(ended.status(), ended.cells()));
      return panel.build();
    };
  }

  private static PanelSnapshot.Builder figures(PoolSnapshot now) {
    PanelSnapshot.Builder panel =
        PanelSnapshot.builder("pool", now.name())
            .figure("running", now.running() + " of " + now.workers().size())
            .figure("queued", now.queued())
            .figure("done", now.done())
            .figure("failed", now.failed())
            .figure("timed out", now.timedOut())
            .figure("cancelled", now.cancelled())
            .figure("refused", now.refused())
            .figure("mean run", now.meanRun());
    if (now.queued() > 0) {
      panel.figure("oldest waits", now.oldestWaiting());
    }
    if (now.abandoned() > 0) {
      panel.status(Status.BAD, now.abandoned() + " tasks run on after their end");
    }
    return panel;
  }

  private static void row(PanelSnapshot.Builder panel, PoolTask<?> task) {
    panel.row(TaskHistory.status(task), TaskHistory.cells(task));
  }

  /** A pool of resources, such as connections, and who has borrowed them. */
  public static Panel resources(ResourcePool<?> pool) {
    requireNonNull(pool, "pool");
    return () -> {
      ResourcePoolSnapshot now = pool.snapshot();
      PanelSnapshot.Builder panel =
          PanelSnapshot.builder("resource pool", pool.name())
              .figure("lent", now.lent())
              .figure("idle", now.idle())
              .figure("waiting", now.waiting())
              .figure("opened", now.opened())
              .figure("closed", now.closed())
              .figure("revoked", now.revoked())
              .figure("refused", now.refused());
      if (now.waiting() > 0) {
        panel.status(Status.WARNING, now.waiting() + " wait for one");
      }
      panel.columns("lent for", "to");
      for (Loan<?> loan : pool.loans()) {
        panel.row(
            loan.isRevoked() ? Status.WARNING : Status.OK,
            DurationText.of(loan.age()),
            loan.place().map(Panels::top).orElse(""));
      }
      return panel.build();
    };
  }

  private static String top(Throwable place) {
    StackTraceElement[] frames = place.getStackTrace();
    return frames.length == 0 ? "" : frames[0].toString();
  }

  /** A rate limit. */
  public static Panel rateLimit(RateLimit limit) {
    requireNonNull(limit, "limit");
    return () -> {
      RateLimitSnapshot now = limit.snapshot();
      return PanelSnapshot.builder("limit", now.name())
          .figure("rate", String.format(Locale.ROOT, "%.1f /s", now.tokensPerSecond()))
          .figure("burst", now.burst())
          .figure("tokens", String.format(Locale.ROOT, "%.1f", now.available()))
          .figure("waiting", now.waiting())
          .figure("given", now.given())
          .figure("rejected", now.rejected())
          .status(
              now.waiting() > 0 ? Status.WARNING : Status.OK,
              now.waiting() > 0 ? now.waiting() + " wait" : "")
          .build();
    };
  }

  /** Named operations that run under one parent. */
  public static Panel operations(String name, Operations operations) {
    requireNonNull(name, "name");
    requireNonNull(operations, "operations");
    return () -> {
      var running = operations.running();
      PanelSnapshot.Builder panel =
          PanelSnapshot.builder("operations", name)
              .figure("running", running.size())
              .columns("operation", "age", "left");
      for (Operation<?> operation : running) {
        panel.row(
            Status.OK,
            operation.name(),
            DurationText.of(operation.age()),
            DurationText.of(operation.timeLeft()));
      }
      return panel.build();
    };
  }

  /** Injected faults. */
  public static Panel faults(Chaos chaos) {
    requireNonNull(chaos, "chaos");
    return () -> {
      ChaosSnapshot now = chaos.snapshot();
      PanelSnapshot.Builder panel =
          PanelSnapshot.builder("faults", now.name())
              .figure("injected", now.injected())
              .figure("waiting", now.waiting())
              .columns("fault", "calls hit");
      boolean isActive = now.isOn() && !now.faults().isEmpty();
      panel.status(isActive ? Status.WARNING : Status.OK, isActive ? "faults are injected" : "");
      for (Fault fault : now.faults()) {
        panel.row(
            now.isOn() ? Status.WARNING : Status.OK,
            fault.toString(),
            Long.toString(now.injected(fault.kind())));
      }
      return panel.build();
    };
  }
}
