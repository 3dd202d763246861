package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@Simulated(seed = 5)
class CleanupTest {

  private static final Key<String> REQUEST = Key.of("request", String.class);

  private final VirtualTime.Automatic time;
  private final Context root;
  private final List<String> log = new ArrayList<>();

  CleanupTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private Cleanup.Closer<String> closer() {
    return (c, name) -> log.add(name + " closed at " + time.elapsed().toMillis());
  }

  @Test
  void closes_in_reverse_order_though_the_work_failed() throws Exception {
    assertThatThrownBy(
            () -> {
              try (Cleanup cleanup = Cleanup.of(root)) {
                cleanup.add("database", "database", closer());
                cleanup.add("cache", "cache", closer());
                throw new IOException("work");
              }
            })
        .hasMessage("work");
    assertThat(log).containsExactly("cache closed at 0", "database closed at 0");
  }

  @Test
  void closes_what_was_opened_when_the_next_fails_to_open() throws Exception {
    assertThatThrownBy(
            () -> {
              try (Cleanup cleanup = Cleanup.of(root)) {
                cleanup.add("database", "database", closer());
                throw new IOException("no cache");
              }
            })
        .hasMessage("no cache");
    assertThat(log).hasSize(1);
  }

  @Test
  void has_the_values_of_the_ended_context_and_not_its_end() throws Exception {
    var request = root.withValue(REQUEST, "r-7").withCancel();
    try (Cleanup cleanup = Cleanup.of(request)) {
      cleanup.add(
          "database",
          "d",
          (c, d) -> {
            c.sleep(ofMillis(10));
            log.add(c.require(REQUEST) + " " + c.isDone() + " " + c.timeLeft());
          });
      request.cancel(CancelReason.USER);
    }
    assertThat(log).containsExactly("r-7 false PT4.99S");
  }

  @Test
  void suppresses_further_failures_in_the_first() throws Exception {
    var first = new IOException("cache is gone");
    var second = new StackOverflowError();
    var thrown =
        catchThrowableOfType(
            CleanupException.class,
            () -> {
              try (Cleanup cleanup = Cleanup.of(root)) {
                cleanup.add("log", "log", closer());
                cleanup.add(
                    "database",
                    "d",
                    (c, d) -> {
                      throw second;
                    });
                cleanup.add(
                    "cache",
                    "c",
                    (c, d) -> {
                      throw first;
                    });
              }
            });
    assertThat(thrown).hasMessage("cache was not closed: cache is gone").hasCause(first);
    assertThat(thrown.resource()).isEqualTo("cache");
    assertThat(thrown.getSuppressed())
        .singleElement()
        .satisfies(
            other ->
                assertThat(other)
                    .isInstanceOf(CleanupException.class)
                    .hasMessageStartingWith("database")
                    .hasCause(second));
    assertThat(log).containsExactly("log closed at 0");
  }

  @Test
  void interrupts_a_closer_that_hangs_and_still_runs_the_others() throws Exception {
    var thrown =
        catchThrowableOfType(
            CleanupException.class,
            () -> {
              try (Cleanup cleanup = Cleanup.of(root)) {
                cleanup.add("database", "database", closer());
                cleanup.add(
                    "socket",
                    "s",
                    (c, s) -> {
                      try {
                        Context.background(time).sleep(ofSeconds(60));
                      } catch (InterruptedException e) {
                        log.add("socket interrupted at " + time.elapsed().toMillis());
                        throw e;
                      }
                    });
              }
            });
    assertThat(thrown.resource()).isEqualTo("socket");
    assertThat(thrown).hasCauseInstanceOf(DeadlineExceededException.class);
    assertThat(log).containsExactly("socket interrupted at 5000", "database closed at 5000");
  }

  @Test
  void gives_up_and_names_a_closer_that_ignores_its_interrupt() throws Exception {
    var thrown =
        catchThrowableOfType(
            CleanupException.class,
            () -> {
              try (Cleanup cleanup = Cleanup.of(root, ofSeconds(1))) {
                cleanup.add("database", "database", closer());
                cleanup.add(
                    "native",
                    "n",
                    (c, s) -> {
                      long end = time.nanoTime() + ofSeconds(60).toNanos();
                      while (end - time.nanoTime() > 0) {
                        time.parkUntil("native", end);
                        boolean ignored = Thread.interrupted();
                      }
                    });
              }
            });
    assertThat(thrown)
        .hasMessage("native was not closed: native ignores its interrupt after 1.1 s");
    assertThat(thrown.getCause().getStackTrace()).isNotEmpty();
    assertThat(log).containsExactly("database closed at 1100");
  }

  @Test
  void closes_closeables_and_only_once() throws Exception {
    Cleanup cleanup = Cleanup.of(root);
    cleanup.add("a", () -> log.add("a"));
    cleanup.close();
    cleanup.close();
    assertThat(log).containsExactly("a");
  }

  @Test
  void keeps_an_interrupt_pending() throws Exception {
    Cleanup cleanup = Cleanup.of(root);
    cleanup.add(
        "a",
        "a",
        (c, a) -> {
          c.sleep(ofMillis(10));
          log.add("closed");
        });
    Thread.currentThread().interrupt();
    cleanup.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(log).containsExactly("closed");
  }
}
