package dev.resilience.context;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Waiting for a stage that others wait for, too. */
@Simulated
class AwaitTest {

  private final VirtualTime.Automatic time;
  private final Context root;
  private final CompletableFuture<String> shared = new CompletableFuture<>();
  private final List<Object> told = new ArrayList<>();

  AwaitTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private void startWaiter(Context ctx) {
    time.start(
        "waiter",
        () -> {
          try {
            told.add(ctx.await(shared));
          } catch (ContextException | ExecutionException | InterruptedException e) {
            told.add(e.getClass().getSimpleName());
          }
        });
  }

  @Test
  void one_who_leaves_at_his_deadline_leaves_nothing_on_the_stage() throws Exception {
    for (int i = 0; i < 100; i++) {
      startWaiter(root.withTimeout(ofSeconds(1)));
    }
    root.sleep(ofMillis(500));
    assertThat(shared.getNumberOfDependents()).isEqualTo(100);

    root.sleep(ofSeconds(1));

    assertThat(told).hasSize(100).containsOnly("DeadlineExceededException");
    assertThat(shared.getNumberOfDependents()).isZero();
  }

  @Test
  void one_who_is_interrupted_leaves_nothing_on_the_stage() throws Exception {
    var waiter = time.start("waiter", () -> assertInterrupted(root.withCancel()));
    root.sleep(ofSeconds(1));

    waiter.interrupt();
    waiter.join();

    assertThat(told).containsExactly("interrupted");
    assertThat(shared.getNumberOfDependents()).isZero();
  }

  private void assertInterrupted(Context ctx) throws ExecutionException {
    try {
      ctx.await(shared);
    } catch (InterruptedException e) {
      told.add("interrupted");
    }
  }

  @Test
  void the_others_wait_on_and_get_the_result() throws Exception {
    startWaiter(root.withTimeout(ofSeconds(1)));
    startWaiter(root.withTimeout(ofSeconds(3)));
    root.sleep(ofSeconds(2));

    shared.complete("result");
    root.sleep(ofMillis(1));

    assertThat(told).containsExactly("DeadlineExceededException", "result");
  }

  @Test
  void a_stage_that_was_cancelled_has_failed() {
    shared.cancel(true);

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> root.await(shared))
        .withCauseInstanceOf(CancellationException.class);
  }

  @Test
  void a_stage_that_can_only_be_watched_is_waited_for_as_well() throws Exception {
    var ctx = root.withTimeout(ofSeconds(1));
    time.start("loader", () -> shared.complete("result"));

    assertThat(ctx.await(shared.minimalCompletionStage())).isEqualTo("result");
  }

  @Test
  void a_failure_that_cannot_be_printed_comes_out_all_the_same() throws Exception {
    @SuppressWarnings("OverrideThrowableToString") // that is the fault
    class Unprintable extends RuntimeException {
      private static final long serialVersionUID = 1L;

      @Override
      public String toString() {
        throw new AssertionError("unprintable");
      }
    }
    time.start(
        "loader",
        () -> {
          try {
            shared.completeExceptionally(new Unprintable());
          } catch (AssertionError ofTheJdk) {
            told.add("thrown");
          }
        });

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> root.await(shared))
        .withCauseInstanceOf(Unprintable.class);
  }
}
