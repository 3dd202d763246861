package dev.resilience.examples.concurrent;

import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.PoolListener;
import dev.resilience.concurrent.PoolShutdownException;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import java.io.PrintStream;
import java.time.Duration;

/**
 * A job processor that is sent SIGTERM: three workers, a queue of 100, jobs of 0 to 2 s with a
 * limit of 5 s, a new one each half second.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.JobProcessor            # and Ctrl-C, or kill, once or twice
 * }</pre>
 *
 * <p>The signal stops the queue and cuts nothing: what runs is finished, what waits is drained, and
 * the last lines say what became of each job that was not.
 */
public final class JobProcessor {

  private static final int JOBS = 20;

  private JobProcessor() {}

  /** Runs until all jobs are done, or a signal comes. */
  public static void main(String... args) {
    GracefulShutdown shutdown =
        GracefulShutdown.builder("job processor")
            .budget(Duration.ofSeconds(10))
            .reporter(System.out::println)
            .open();
    shutdown.handleSignals();
    run(shutdown, System.out);
    System.exit(shutdown.run("all jobs were submitted").exitCode());
  }

  /** Submits the jobs, until that is no longer possible. Returns how many were accepted. */
  static int run(GracefulShutdown shutdown, PrintStream out) {
    Context root = shutdown.context();
    Log log = new Log(root, out);
    WorkerPool pool =
        WorkerPool.builder("jobs")
            .workers(3)
            .queue(100)
            .taskTimeout(Duration.ofSeconds(5))
            .listener(new Lines(log))
            .open(root);
    shutdown.register(pool);
    int accepted = 0;
    try {
      for (int i = 0; i < JOBS; i++) {
        Duration work = Duration.ofSeconds(i % 3);
        pool.submit(
            root,
            "job-" + i,
            ctx -> {
              ctx.sleep(work);
              return "payload of " + work;
            });
        accepted++;
        root.sleep(Duration.ofMillis(500));
      }
    } catch (PoolShutdownException | ContextException stopping) {
      log.say("no more jobs: %s", stopping.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return accepted;
  }

  /** Tells of each job. */
  private static final class Lines implements PoolListener {

    private final Log log;

    Lines(Log log) {
      this.log = log;
    }

    @Override
    public void onStarted(PoolTask<?> task) {
      log.say("%s started", task.name());
    }

    @Override
    public void onEnded(PoolTask<?> task) {
      Throwable failure = task.failure();
      log.say("%s %s", task.name(), failure == null ? "done" : task.state() + ": " + failure);
    }
  }
}
