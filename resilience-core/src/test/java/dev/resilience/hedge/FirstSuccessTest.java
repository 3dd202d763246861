package dev.resilience.hedge;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class FirstSuccessTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final Context root = Context.background(time);
  private final List<String> log = new ArrayList<>();
  private final FirstSuccess notEmpty =
      FirstSuccess.builder()
          .classifier(
              Classifier.ofDefaults()
                  .onResult(String.class, s -> s.isEmpty() ? Verdict.FAILURE : Verdict.SUCCESS))
          .build();

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
    assertThat(time.pendingTimers()).as("timers").isZero();
  }

  private Call<String, IOException> answering(String answer, int millis) {
    return c -> {
      try {
        c.sleep(ofMillis(millis));
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      } finally {
        if (c.cause() == CancelReason.SUPERSEDED) {
          log.add(answer + " stopped");
        }
      }
      return answer;
    };
  }

  private static Call<String, IOException> failing(IOException failure, int millis) {
    return c -> {
      try {
        c.sleep(ofMillis(millis));
      } catch (InterruptedException stopped) {
        throw new IOException(stopped);
      }
      throw failure;
    };
  }

  @Test
  void the_first_good_result_wins_and_the_others_are_stopped() throws Exception {
    run(
        () -> {
          String first =
              FirstSuccess.race(
                  root,
                  answering("slow", 300),
                  failing(new IOException("refused"), 5),
                  answering("quick", 20));
          assertThat(first).isEqualTo("quick");
          assertThat(time.elapsed()).isEqualTo(ofMillis(20));
          return null;
        });
    assertThat(log).containsExactly("slow stopped");
  }

  @Test
  void when_all_fail_the_last_failure_has_the_others_suppressed() throws Exception {
    IOException first = new IOException("first");
    IOException last = new IOException("last");
    run(
        () -> {
          assertThatThrownBy(() -> FirstSuccess.race(root, failing(last, 20), failing(first, 5)))
              .isSameAs(last)
              .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(first));
          return null;
        });
  }

  @Test
  void the_deadline_ends_them_all() throws Exception {
    run(
        () -> {
          try (var ctx = root.withTimeout(ofMillis(50))) {
            assertThatThrownBy(
                    () -> FirstSuccess.race(ctx, answering("a", 500), answering("b", 600)))
                .isInstanceOf(DeadlineExceededException.class);
            assertThat(time.elapsed()).isEqualTo(ofMillis(50));
            assertThat(ContextProbe.waiters(ctx)).isZero();
          }
          return null;
        });
  }

  @Test
  void stages_race_as_well() throws Exception {
    run(
        () -> {
          CompletionStage<String> stage =
              FirstSuccess.raceAsync(
                  root,
                  c -> c.delay(ofMillis(300)).thenApply(n -> "slow"),
                  c -> c.delay(ofMillis(20)).thenApply(n -> "quick"));
          assertThat(root.await(stage)).isEqualTo("quick");
          assertThat(time.elapsed()).isEqualTo(ofMillis(20));
          return null;
        });
  }

  @Test
  void when_all_stages_fail_the_last_failure_comes_out_raw() throws Exception {
    IOException last = new IOException("last");
    run(
        () -> {
          CompletionStage<String> stage =
              FirstSuccess.raceAsync(
                  root,
                  c -> {
                    throw new IOException("first");
                  },
                  c ->
                      c.delay(ofSeconds(1))
                          .thenCompose(
                              n -> java.util.concurrent.CompletableFuture.failedFuture(last)));
          assertThatThrownBy(() -> root.await(stage))
              .isInstanceOf(ExecutionException.class)
              .cause()
              .isSameAs(last)
              .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
          return null;
        });
  }

  @Test
  void a_bad_result_waits_for_a_good_one() throws Exception {
    run(
        () -> {
          assertThat(notEmpty.call(root, answering("", 5), answering("slow", 300)))
              .isEqualTo("slow");
          CompletionStage<String> stage =
              notEmpty.callAsync(
                  root,
                  c -> c.delay(ofMillis(5)).thenApply(n -> ""),
                  c -> c.delay(ofMillis(300)).thenApply(n -> "slow"));
          assertThat(root.await(stage)).isEqualTo("slow");
          return null;
        });
  }

  @Test
  void the_last_bad_result_is_returned_where_all_are() throws Exception {
    run(
        () -> {
          assertThat(
                  notEmpty.call(root, failing(new IOException("refused"), 5), answering("", 300)))
              .isEmpty();
          assertThat(time.elapsed()).isEqualTo(ofMillis(300));
          return null;
        });
  }

  @Test
  void what_is_permanent_ends_them_all() throws Exception {
    FirstSuccess races =
        FirstSuccess.builder()
            .classifier(
                Classifier.ofDefaults()
                    .onFailure(IOException.class, e -> Verdict.PERMANENT_FAILURE))
            .build();
    IOException gone = new IOException("gone");
    run(
        () -> {
          assertThatThrownBy(() -> races.call(root, failing(gone, 5), answering("slow", 300)))
              .isSameAs(gone);
          assertThat(time.elapsed()).isEqualTo(ofMillis(5));
          return null;
        });
  }

  @Test
  void needs_a_call() {
    assertThatThrownBy(() -> FirstSuccess.<String, RuntimeException>race(root))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("calls: none (expected: >= 1)");
  }
}
