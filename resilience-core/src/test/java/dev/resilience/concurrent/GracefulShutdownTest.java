package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.concurrent.GracefulShutdown.Phase;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@Simulated(seed = 9)
class GracefulShutdownTest {

  private final VirtualTime.Automatic time;
  private final Context root;
  private final List<String> log = new ArrayList<>();

  GracefulShutdownTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private void note(String line) {
    log.add(time.elapsed().toMillis() + " " + line);
  }

  private GracefulShutdown.Builder builder() {
    return GracefulShutdown.builder("orders").listener(phase -> note(phase.name()));
  }

  /** C5: there, the contexts handed out are no children of the root. */
  @Test
  void ends_all_that_derives_from_its_root_with_cause_shutdown() throws Exception {
    var shutdown = builder().open(root);
    var request = shutdown.context().withTimeout(ofSeconds(60)).withCancel();
    var summary = shutdown.run("test");
    assertThat(request.cause()).isSameAs(CancelReason.SHUTDOWN);
    assertThat(summary.isClean()).isTrue();
    assertThat(summary.exitCode()).isZero();
    assertThat(shutdown.run("again")).isSameAs(summary);
    assertThat(summary.reason()).isEqualTo("test");
    assertThat(log).containsExactly("0 ANNOUNCE", "0 DRAIN", "0 CANCEL", "0 REPORT");
  }

  @Test
  void goes_through_its_phases_within_one_budget() throws Exception {
    var shutdown = builder().open(root);
    shutdown.register(Phase.ANNOUNCE, "readiness", c -> log.add("ready " + shutdown.isReady()));
    shutdown.register(
        Phase.DRAIN,
        "http",
        c -> {
          note("http drains for " + c.timeLeft().toMillis());
          c.sleep(ofSeconds(60));
          return null;
        });
    shutdown.register(
        Phase.DRAIN,
        "queue",
        c -> {
          c.sleep(ofSeconds(3));
          note("queue drained, root ended: " + shutdown.context().isDone());
          return null;
        });
    shutdown.register(
        Phase.CANCEL,
        "lease",
        c -> {
          note("lease, root ended: " + shutdown.context().isDone());
          return null;
        });
    var summary = shutdown.run("SIGTERM");
    assertThat(summary.unfinished())
        .singleElement()
        .satisfies(line -> assertThat(line).startsWith("DRAIN of http: TIMED_OUT"));
    assertThat(summary.exitCode()).isEqualTo(1);
    assertThat(shutdown.phase()).isEqualTo(Phase.REPORT);
    assertThat(log)
        .containsExactly(
            "0 ANNOUNCE",
            "ready false",
            "5000 DRAIN",
            "5000 http drains for 18000",
            "8000 queue drained, root ended: false",
            "23000 CANCEL",
            "23000 lease, root ended: true",
            "23000 REPORT");
  }

  /** C1 to C4: nothing accepted vanishes, what runs is not cut by the signal itself. */
  @Test
  void lets_a_pool_finish_and_hands_back_what_it_has_not_begun() throws Exception {
    var shutdown = builder().budget(ofSeconds(10)).open(root);
    var pool = WorkerPool.builder("jobs").workers(2).open(shutdown.context());
    shutdown.register(pool);
    for (int i = 0; i < 9; i++) {
      pool.submit(
          shutdown.context(),
          "job-" + i,
          c -> {
            c.sleep(ofSeconds(3));
            return null;
          });
    }
    root.sleep(ofMillis(1_500));
    var summary = shutdown.run("SIGTERM");
    assertThat(pool.snapshot().done()).isEqualTo(4 + 2);
    assertThat(summary.unfinished())
        .containsExactly(
            "jobs: job-6 was cancelled",
            "jobs: job-7 was cancelled",
            "jobs: job-8 was handed back");
    assertThat(summary.toString())
        .startsWith("orders: all stopped after 8 s, 3 unfinished, 0 still run\n");
  }

  @Test
  void is_over_as_soon_as_all_are_done() throws Exception {
    var shutdown = builder().open(root);
    shutdown.register(
        Phase.DRAIN,
        "quick",
        c -> {
          c.sleep(ofMillis(20));
          return null;
        });
    var withdrawn =
        shutdown.register(
            Phase.DRAIN,
            "withdrawn",
            c -> {
              throw new IOException();
            });
    assertThat(withdrawn.withdraw()).isTrue();
    assertThat(shutdown.run("test").took()).isEqualTo(ofMillis(20));
  }

  @Test
  void names_what_fails_and_what_hangs_and_delays_nobody() throws Exception {
    var shutdown = builder().budget(ofSeconds(10)).announceFor(ofMillis(0)).open(root);
    shutdown.register(
        Phase.DRAIN,
        "broken",
        c -> {
          throw new StackOverflowError();
        });
    shutdown.register(
        Phase.DRAIN,
        "hanging",
        c -> {
          long end = time.nanoTime() + ofSeconds(60).toNanos();
          while (end - time.nanoTime() > 0) {
            time.parkUntil("hanging", end);
            boolean ignored = Thread.interrupted();
          }
          return null;
        });
    shutdown.register(
        new ShutdownParticipant() {
          @Override
          public String name() {
            throw new IllegalStateException("no name");
          }

          @Override
          public List<String> unfinished() {
            throw new IllegalStateException("no list");
          }
        });
    var summary = shutdown.run("test");
    assertThat(summary.took()).isEqualTo(ofMillis(8_100));
    assertThat(summary.stillRunning())
        .singleElement()
        .satisfies(task -> assertThat(task.name()).isEqualTo("hanging"));
    assertThat(summary.unfinished()).hasSize(3);
    assertThat(summary.toString()).contains("broken", "hanging ignores its interrupt");
  }

  @Test
  void may_be_started_by_anybody_and_awaited() throws Exception {
    var shutdown = builder().open(root);
    time.start(
        "signal",
        () -> {
          root.sleep(ofSeconds(1));
          shutdown.start("SIGINT");
          shutdown.start("SIGINT again");
        });
    assertThat(shutdown.await(root).reason()).isEqualTo("SIGINT");
    assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
  }

  @Test
  void goes_on_when_a_listener_throws() throws Exception {
    var shutdown =
        GracefulShutdown.builder("orders")
            .listener(
                phase -> {
                  throw new StackOverflowError();
                })
            .open(root);
    assertThat(shutdown.run("test").isClean()).isTrue();
    assertThat(shutdown.context().isDone()).isTrue();
  }

  @Test
  void refuses_phases_that_do_not_fit() {
    assertThatThrownBy(() -> builder().budget(ofSeconds(6)).open(root))
        .hasMessage("budget: 6 s (expected: >= 5 s + 2 s)");
    var shutdown = builder().open(root);
    assertThatThrownBy(() -> shutdown.register(Phase.REPORT, "x", c -> null))
        .hasMessage("when: REPORT (expected: ANNOUNCE, DRAIN or CANCEL)");
  }
}
