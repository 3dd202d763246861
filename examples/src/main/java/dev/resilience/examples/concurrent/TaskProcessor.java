package dev.resilience.examples.concurrent;

import dev.resilience.concurrent.PoolListener;
import dev.resilience.concurrent.PoolSnapshot;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.ShutdownReport;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.TaskState;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.page.TaskHistory;
import java.io.PrintStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ExecutionException;

/**
 * The concurrent task processor: tasks with an id, a name, a duration and a priority, each with 5 s
 * to run, at most three at once. The request's id is in front of each line.
 */
final class TaskProcessor implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(5);

  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("'req-'yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  /** Ends with the signal; the tasks do not, before the line that says so. */
  private final Context root;

  private final Context work;
  private final PrintStream out;
  private final String request;
  private final TaskHistory ended = new TaskHistory();
  private final WorkerPool pool;

  TaskProcessor(Context root, PrintStream out) {
    this.root = root;
    this.work = root.detached();
    this.out = out;
    this.request = ID.format(root.timeSource().instant());
    this.pool =
        WorkerPool.builder("tasks").workers(3).taskTimeout(LIMIT).listener(new Lines()).open(work);
  }

  WorkerPool pool() {
    return pool;
  }

  /** What has ended of late, for the page. */
  TaskHistory ended() {
    return ended;
  }

  /** A task that takes so long, and reports how far it has come. */
  static TaskSpec<String> task(String name, int priority, Duration duration) {
    return TaskSpec.<String>of(name, ctx -> work(ctx, name, duration)).withPriority(priority);
  }

  static String work(Context ctx, String name, Duration duration) throws InterruptedException {
    for (int percent = 0; percent < 100; percent += 10) {
      Progress.report(ctx, percent);
      ctx.sleep(duration.dividedBy(10));
    }
    Progress.report(ctx, 100);
    return name;
  }

  /** The four tasks of the assignment, until they have ended or {@code root} has. */
  void runAssignment() throws InterruptedException {
    pool.submit(work, task("Process Images", 1, Duration.ofMillis(2_500)));
    pool.submit(work, task("Update Database", 1, Duration.ofMillis(1_500)));
    pool.submit(work, task("Generate Report", 2, Duration.ofSeconds(4)));
    pool.submit(work, task("Send Emails", 3, Duration.ofSeconds(6)));
    finish();
  }

  /** The bonus tasks: retries, children, more time for what is critical. */
  void runBonus() throws InterruptedException {
    pool.submit(
        work, flaky("Call Partner").withRetry(3, failed -> Duration.ofMillis(200L << failed)));
    pool.submit(work, parent("Publish Catalogue"));
    try (CancellableContext hurried = work.withTimeout(Duration.ofSeconds(1));
        CancellableContext critical = hurried.withMoreTime(Duration.ofSeconds(4))) {
      pool.submit(critical, task("Book Payment", 1, Duration.ofSeconds(3)));
      finish();
    }
  }

  private static TaskSpec<String> flaky(String name) {
    int[] failures = {0};
    return TaskSpec.of(
        name,
        ctx -> {
          ctx.sleep(Duration.ofMillis(100));
          if (failures[0]++ < 2) {
            throw new IllegalStateException("partner is away");
          }
          return name;
        });
  }

  private TaskSpec<String> parent(String name) {
    return TaskSpec.of(
        name,
        ctx -> {
          for (String part : new String[] {"prices", "pictures"}) {
            pool.submit(ctx, task(name + ": " + part, 2, Duration.ofMillis(800)));
          }
          return name;
        });
  }

  /** Lets all tasks come to their ends; the end of the root is the signal to stop. */
  private void finish() throws InterruptedException {
    try {
      for (PoolTask<?> task : pool.tasks()) {
        root.await(task.stage().handle((result, failure) -> task.name()));
      }
    } catch (ContextException signal) {
      say("shutdown signal received, cancelling all tasks");
    } catch (ExecutionException impossible) {
      throw new AssertionError("failures are handled", impossible);
    }
    try (CancellableContext now = work.withTimeout(Duration.ZERO)) {
      ShutdownReport report = pool.shutdown(now);
      report.abandoned().forEach(task -> say(task.toString()));
    }
    PoolSnapshot figures = pool.snapshot();
    say(
        String.format(
            Locale.ROOT,
            "mean duration %.1f s, %.0f %% timed out, %.0f %% cancelled",
            figures.meanRun().toMillis() / 1e3,
            100 * figures.timeOutRate(),
            100 * figures.cancellationRate()));
    say("all tasks completed or cancelled");
  }

  private void say(String line) {
    out.println("[" + request + "] " + line);
  }

  @Override
  public void close() {
    pool.close();
  }

  /** The lines of the transcripts. */
  private final class Lines implements PoolListener {

    @Override
    public void onStarted(PoolTask<?> task) {
      say(
          task.name()
              + (task.attempts() > 1
                  ? " tried again, attempt " + task.attempts()
                  : " started (priority " + task.priority() + ")"));
    }

    @Override
    public void onEnded(PoolTask<?> task) {
      ended.onEnded(task);
      Throwable failure = task.failure();
      if (failure == null) {
        say(task.name() + " completed");
      } else if (task.state() == TaskState.CANCELLED) {
        Throwable cause = failure.getCause();
        say(
            task.name()
                + " cancelled at "
                + task.progress()
                + ": "
                + (cause == CancelReason.SHUTDOWN ? "shutdown" : failure.getMessage()));
      } else if (task.state() == TaskState.TIMED_OUT) {
        say(task.name() + " cancelled at " + task.progress() + ": deadline exceeded");
      } else {
        say(task.name() + " failed: " + failure.getMessage());
      }
    }
  }
}
