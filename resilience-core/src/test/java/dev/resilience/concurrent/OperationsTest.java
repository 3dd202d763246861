package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@Simulated(seed = 3)
class OperationsTest {

  private final VirtualTime.Automatic time;
  private final Context root;

  OperationsTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private static ContextTask<String> work(Duration duration) {
    return c -> {
      c.sleep(duration);
      return "done";
    };
  }

  @Nested
  class An_operation {

    @Test
    void vanishes_when_it_has_ended_and_frees_its_name() throws Exception {
      try (Operations page = Operations.open(root)) {
        Operation<String> profile = page.start("profile", work(ofMillis(10)));
        assertThat(page.find("profile")).isSameAs(profile);
        assertThat(profile.await(root)).isEqualTo("done");
        assertThat(page.find("profile")).isNull();
        assertThat(page.running()).isEmpty();
        assertThat(page.start("profile", work(ofMillis(1))).await(root)).isEqualTo("done");
      }
    }

    @Test
    void is_refused_if_its_name_is_in_use() throws Exception {
      try (Operations page = Operations.open(root)) {
        Operation<String> first = page.start("profile", work(ofMillis(10)));
        assertThatThrownBy(() -> page.start("profile", work(ofMillis(10))))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("name: profile is running (expected: a name not in use)");
        assertThat(first.await(root)).isEqualTo("done");
      }
    }

    @Test
    void is_listed_with_age_and_time_left_the_oldest_first() throws Exception {
      try (Operations page = Operations.open(root)) {
        page.start("profile", ofSeconds(2), work(ofSeconds(9)));
        root.sleep(ofMillis(500));
        page.start("history", ofSeconds(10), work(ofSeconds(9)));
        root.sleep(ofMillis(100));

        List<Operation<?>> running = page.running();

        assertThat(running).map(Task::name).containsExactly("profile", "history");
        assertThat(running).map(Operation::age).containsExactly(ofMillis(600), ofMillis(100));
        assertThat(running)
            .map(Operation::timeLeft)
            .containsExactly(ofMillis(1_400), ofMillis(9_900));
      }
    }

    /** Limits of 003 "Context Multiplexing". */
    @Test
    void has_a_limit_of_its_own() throws Exception {
      try (Operations page = Operations.open(root)) {
        var profile = page.start("profile", ofSeconds(2), work(ofSeconds(3)));
        var preferences = page.start("preferences", ofSeconds(5), work(ofSeconds(4)));
        var history = page.start("history", ofSeconds(10), work(ofSeconds(4)));
        assertThatThrownBy(() -> profile.await(root))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(DeadlineExceededException.class);
        assertThat(time.elapsed()).isEqualTo(ofSeconds(2));
        assertThat(preferences.await(root)).isEqualTo("done");
        assertThat(history.await(root)).isEqualTo("done");
        assertThat(profile.state()).isEqualTo(TaskState.TIMED_OUT);
      }
    }

    @Test
    void fails_alone() throws Exception {
      try (Operations page = Operations.open(root)) {
        var broken =
            page.start(
                "broken",
                c -> {
                  throw new StackOverflowError();
                });
        var other = page.start("other", work(ofMillis(5)));
        assertThatThrownBy(() -> broken.await(root)).hasCauseInstanceOf(StackOverflowError.class);
        assertThat(other.await(root)).isEqualTo("done");
      }
    }
  }

  @Nested
  class Cancelling {

    @Test
    void one_by_name_leaves_the_others_alone() throws Exception {
      try (Operations page = Operations.open(root)) {
        var profile = page.start("profile", work(ofMillis(10)));
        var history = page.start("history", work(ofSeconds(10)));
        root.sleep(ofMillis(1));
        assertThat(page.cancel("history", CancelReason.USER)).isTrue();
        assertThat(page.cancel("nobody", CancelReason.USER)).isFalse();
        assertThatThrownBy(() -> history.await(root)).hasRootCause(CancelReason.USER);
        assertThat(profile.await(root)).isEqualTo("done");
      }
    }

    @Test
    void all_leaves_a_registry_that_can_be_used_again() throws Exception {
      try (Operations page = Operations.open(root)) {
        page.start("a", work(ofSeconds(1)));
        page.start("b", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
        assertThat(page.cancelAll(CancelReason.USER)).isEqualTo(2);
        root.sleep(ofMillis(1));
        assertThat(page.running()).isEmpty();
        assertThat(page.cancelAll(CancelReason.USER)).isZero();
        assertThat(page.start("a", work(ofMillis(1))).await(root)).isEqualTo("done");
      }
    }

    @Test
    void the_owner_ends_all() throws Exception {
      var owner = root.withCancel();
      try (Operations page = Operations.open(owner)) {
        var a = page.start("a", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
        owner.cancel(CancelReason.SHUTDOWN);
        assertThatThrownBy(() -> a.await(root))
            .hasCauseInstanceOf(ContextCancelledException.class)
            .hasRootCause(CancelReason.SHUTDOWN);
        assertThatThrownBy(() -> page.start("b", work(ofSeconds(1))))
            .isInstanceOf(ContextCancelledException.class);
      }
      assertThat(ContextProbe.waiters(owner)).isZero();
    }

    @Test
    void by_close_waits_for_the_grace_at_most() throws Exception {
      Operations page = Operations.builder().grace(ofMillis(20)).open(root);
      var stubborn =
          page.start(
              "stubborn",
              c -> {
                long end = time.nanoTime() + ofSeconds(1).toNanos();
                while (end - time.nanoTime() > 0) {
                  time.parkUntil("stubborn", end);
                  boolean ignored = Thread.interrupted();
                }
                return "late";
              });
      var good = page.start("good", work(ofSeconds(1)));
      root.sleep(ofMillis(1));
      page.close();
      assertThat(time.elapsed()).isEqualTo(ofMillis(21));
      assertThat(stubborn.state()).isEqualTo(TaskState.CANCELLED);
      assertThat(good.failure()).hasCause(CancelReason.CLOSED);
      assertThat(page.running()).isEmpty();
      assertThatThrownBy(() -> page.start("late", work(ofSeconds(1))))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void an_executor_that_refuses_fails_the_operation() {
    try (Operations page =
        Operations.builder()
            .executor(
                work -> {
                  throw new RejectedExecutionException("full");
                })
            .open(root)) {
      assertThat(page.start("a", work(ofSeconds(1))).failure()).hasMessage("full");
      assertThat(page.running()).isEmpty();
    }
  }
}
