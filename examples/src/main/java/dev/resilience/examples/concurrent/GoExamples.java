package dev.resilience.examples.concurrent;

import dev.resilience.Resilience;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Key;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Go's examples, in Java: the small programs with which guides introduce {@code context}, one after
 * the other.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=concurrent.GoExamples
 * }</pre>
 */
public final class GoExamples {

  static final Key<String> REQUEST = Key.of("request", String.class);
  static final Key<String> SESSION = Key.of("session", String.class);
  static final Key<String> USER = Key.of("user", String.class);

  private final Context root;
  private final Log log;

  GoExamples(Context root, PrintStream out) {
    this.root = root;
    this.log = new Log(root, out);
  }

  /** Runs all of them. */
  public static void main(String... args) throws InterruptedException {
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(1))) {
      new GoExamples(interrupt.context(), System.out).run();
    }
  }

  void run() throws InterruptedException {
    background();
    timeout();
    deadline();
    values();
    hierarchy();
    pastDeadline();
    cancelledByHand();
    retry();
  }

  /** {@code context.Background()}: no deadline, no end. */
  void background() throws InterruptedException {
    Context ctx = Context.background(root.timeSource());
    ctx.sleep(Duration.ofMillis(500));
    log.say(
        "background: deadline %s, done %s, error %s", ctx.deadline(), ctx.isDone(), ctx.error());
  }

  /** {@code context.WithTimeout}: three tasks share one limit. */
  void timeout() throws InterruptedException {
    try (CancellableContext ctx = root.withTimeout(Duration.ofSeconds(1))) {
      for (int millis : List.of(500, 800, 1500)) {
        log.say("timeout: task of %d ms %s", millis, outcome(ctx, millis));
      }
    }
  }

  /** {@code context.WithDeadline}: five steps of 300 ms, two at once, by 1.2 s. */
  void deadline() throws InterruptedException {
    Instant by = root.timeSource().instant().plusMillis(1_200);
    try (CancellableContext ctx = root.withDeadline(by);
        TaskGroup<String> steps =
            TaskGroup.builder("steps").ending(Ending.COLLECT_ALL).maxConcurrent(2).open(ctx)) {
      for (int step = 1; step <= 5; step++) {
        steps.fork("step-" + step, c -> outcome(c, 300));
      }
      log.say("deadline: %s", steps.join());
    }
  }

  /** {@code context.WithValue}: request, session and user in three operations. */
  void values() {
    Context ctx =
        root.withValue(REQUEST, "req_67890")
            .withValue(SESSION, "session_abcdef")
            .withValue(USER, "user_12345");
    for (String operation : List.of("authenticate", "load", "audit")) {
      log.say(
          "values: %s for %s, %s, %s",
          operation, ctx.require(USER), ctx.require(SESSION), ctx.require(REQUEST));
    }
  }

  /** A parent that is cancelled after 1 s, above a child with 2 s. */
  void hierarchy() throws InterruptedException {
    try (CancellableContext parent = root.withCancel();
        CancellableContext child = parent.withTimeout(Duration.ofSeconds(2));
        TaskGroup<String> operations = TaskGroup.open(child, Ending.COLLECT_ALL);
        TaskGroup<String> hand = TaskGroup.open(root)) {
      for (int millis : List.of(500, 1500, 3000)) {
        operations.fork(
            millis + " ms",
            c -> {
              c.sleep(Duration.ofMillis(millis));
              return "done";
            });
      }
      hand.fork(
          c -> {
            c.sleep(Duration.ofSeconds(1));
            parent.cancel(CancelReason.USER);
            return "cancelled";
          });
      operations.join().tasks().forEach(task -> log.say("hierarchy: %s", task));
      log.say("hierarchy: child ended by its parent: %s", child.isEndInherited());
      hand.join();
    }
  }

  /** A deadline one second ago, and one of 1 s below one of 10 s. */
  void pastDeadline() {
    try (CancellableContext past = root.withTimeout(Duration.ofSeconds(-1));
        CancellableContext parent = root.withTimeout(Duration.ofSeconds(10));
        CancellableContext child = parent.withTimeout(Duration.ofSeconds(1))) {
      log.say("past deadline: done from the start: %s", past.isDone());
      log.say("child deadline: %s left of the parent's %s", child.timeLeft(), parent.timeLeft());
    }
  }

  /** {@code context.WithCancel}: three workers in steps of 200 ms, cancelled after 1.1 s. */
  void cancelledByHand() throws InterruptedException {
    int[] steps = new int[3];
    try (CancellableContext ctx = root.withCancel();
        TaskGroup<String> workers = TaskGroup.open(ctx, Ending.COLLECT_ALL)) {
      for (int worker = 0; worker < 3; worker++) {
        int mine = worker;
        workers.fork(
            "worker-" + worker,
            c -> {
              while (steps[mine] < 10) {
                c.sleep(Duration.ofMillis(200));
                steps[mine]++;
              }
              return "all steps";
            });
      }
      root.sleep(Duration.ofMillis(1_100));
      ctx.cancel(CancelReason.USER);
      workers.join();
      log.say("by hand: steps done before the cancel: %s", List.of(steps[0], steps[1], steps[2]));
    }
  }

  /** Fails seven times in ten, 200 ms each; five retries within 5 s. */
  void retry() throws InterruptedException {
    Resilience stack =
        Resilience.of(
            Retry.builder()
                .maxAttempts(6)
                .backoff(Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(2)))
                .build());
    int[] attempts = {0};
    try (CancellableContext ctx = root.withTimeout(Duration.ofSeconds(5))) {
      String result = stack.call(ctx, c -> flaky(c, ++attempts[0]));
      log.say("retry: %s after %d attempts", result, attempts[0]);
    } catch (RuntimeException failed) {
      log.say("retry: %s", failed);
    }
  }

  private static String flaky(Context ctx, int attempt) throws InterruptedException {
    ctx.sleep(Duration.ofMillis(200));
    if (attempt < 4) {
      throw new IllegalStateException("attempt " + attempt);
    }
    return "good";
  }

  private static String outcome(Context ctx, int millis) throws InterruptedException {
    try {
      ctx.sleep(Duration.ofMillis(millis));
      return "done";
    } catch (ContextException end) {
      return "cut: " + end.getMessage();
    }
  }
}
