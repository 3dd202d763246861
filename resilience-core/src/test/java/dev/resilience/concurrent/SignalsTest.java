package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.GracefulShutdown.Phase;
import dev.resilience.context.Context;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Real signals, to real processes. */
@DisabledOnOs(OS.WINDOWS)
class SignalsTest {

  @Test
  void sigterm_in_the_middle_of_20_jobs_lets_none_vanish() throws Exception {
    try (var child = new ChildJvm(Child.class, "jobs")) {
      child.readUntil("started");
      child.signal("TERM");
      List<String> lines = child.readAll();
      assertThat(lines).containsSubsequence("ANNOUNCE", "DRAIN", "CANCEL", "REPORT");
      assertThat(lines.stream().filter(line -> line.startsWith("job-")))
          .hasSize(20)
          .map(line -> line.substring(0, line.indexOf(' ')))
          .doesNotHaveDuplicates();
      // The two that ran were finished; those that came then outlived the budget, and were
      // cancelled.
      assertThat(lines).contains("job-0 DONE", "job-1 DONE");
      assertThat(lines.stream().filter(line -> line.contains("CANCELLED: shutdown"))).hasSize(18);
      assertThat(lines.stream().filter(line -> line.endsWith("was handed back"))).hasSize(16);
      assertThat(child.exitCode()).isEqualTo(1);
    }
  }

  @Test
  void sigint_with_nothing_to_do_ends_cleanly() throws Exception {
    try (var child = new ChildJvm(Child.class, "idle")) {
      child.readUntil("started");
      child.signal("INT");
      assertThat(child.readAll()).containsExactly("ANNOUNCE", "DRAIN", "CANCEL", "REPORT", "clean");
      assertThat(child.exitCode()).isZero();
    }
  }

  @Test
  void a_second_signal_ends_at_once() throws Exception {
    try (var child = new ChildJvm(Child.class, "hanging")) {
      child.readUntil("started");
      child.signal("TERM");
      child.readUntil("DRAIN");
      child.signal("TERM");
      assertThat(child.exitCode()).isEqualTo(128 + 15);
    }
  }

  @Test
  void an_exit_by_somebody_goes_through_the_phases() throws Exception {
    try (var child = new ChildJvm(Child.class, "exit")) {
      child.readUntil("started");
      assertThat(child.readAll()).containsExactly("ANNOUNCE", "DRAIN", "CANCEL", "REPORT", "clean");
      assertThat(child.exitCode()).isEqualTo(7);
    }
  }

  /** What is signalled. */
  static final class Child {

    private static final CountDownLatch TWO_RUN = new CountDownLatch(2);

    public static void main(String[] arguments) throws InterruptedException {
      String kind = arguments[0];
      GracefulShutdown shutdown =
          GracefulShutdown.builder("child")
              .budget(kind.equals("hanging") ? ofSeconds(300) : ofSeconds(3))
              .announceFor(ofMillis(100))
              .cancelWithin(ofMillis(500))
              .listener(phase -> System.out.println(phase))
              .reporter(
                  summary ->
                      System.out.println(
                          summary.isClean() ? "clean" : String.join("\n", summary.unfinished())))
              .open();
      if (kind.equals("jobs")) {
        jobs(shutdown);
      } else if (kind.equals("hanging")) {
        shutdown.register(
            Phase.DRAIN,
            "hanging",
            ctx -> {
              ctx.awaitDone();
              return "never";
            });
      }
      shutdown.handleSignals();
      System.out.println("started");
      if (kind.equals("exit")) {
        System.exit(7);
      }
      shutdown.await(Context.background());
    }

    private static void jobs(GracefulShutdown shutdown) throws InterruptedException {
      var listener =
          new PoolListener() {
            @Override
            public void onEnded(PoolTask<?> task) {
              Throwable failure = task.failure();
              System.out.println(
                  task.name()
                      + " "
                      + task.state()
                      + (failure == null ? "" : ": " + failure.getCause().getMessage()));
            }
          };
      WorkerPool pool =
          WorkerPool.builder("jobs").workers(2).listener(listener).open(shutdown.context());
      shutdown.register(pool);
      for (int i = 0; i < 20; i++) {
        int number = i;
        pool.submit(
            shutdown.context(),
            "job-" + number,
            ctx -> {
              TWO_RUN.countDown();
              ctx.sleep(number < 2 ? ofMillis(500) : ofSeconds(60));
              return number;
            });
      }
      TWO_RUN.await();
    }
  }
}
