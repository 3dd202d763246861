package dev.resilience.context;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Waiting for a stage that others wait for, too. */
class AwaitTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final CompletableFuture<String> shared = new CompletableFuture<>();
  private final List<Object> told = new ArrayList<>();

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
  void one_who_leaves_at_his_deadline_leaves_nothing_on_the_stage() {
    for (int i = 0; i < 100; i++) {
      startWaiter(root.withTimeout(ofSeconds(1)));
    }
    assertThat(shared.getNumberOfDependents()).isEqualTo(100);

    time.advance(ofSeconds(1));

    assertThat(told).hasSize(100).containsOnly("DeadlineExceededException");
    assertThat(shared.getNumberOfDependents()).isZero();
  }

  @Test
  void one_who_is_interrupted_leaves_nothing_on_the_stage() {
    var waiter = time.start("waiter", () -> assertInterrupted(root.withCancel()));

    waiter.interrupt();
    time.advance(ofSeconds(1));

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
  void the_others_wait_on_and_get_the_result() {
    startWaiter(root.withTimeout(ofSeconds(1)));
    startWaiter(root.withTimeout(ofSeconds(3)));
    time.advance(ofSeconds(2));

    time.start("loader", () -> shared.complete("result"));
    time.advance(ofSeconds(0));

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
  void a_stage_that_can_only_be_watched_is_waited_for_as_well() {
    var ctx = root.withTimeout(ofSeconds(1));
    time.start("waiter", () -> told.add(ctx.await(shared.minimalCompletionStage())));

    time.start("loader", () -> shared.complete("result"));
    time.advance(ofSeconds(0));

    assertThat(told).containsExactly("result");
  }
}
