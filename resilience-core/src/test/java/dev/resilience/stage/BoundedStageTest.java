package dev.resilience.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class BoundedStageTest {

  private final CancellableContext ctx = Context.background().withCancel();
  private final CompletableFuture<String> theirs = new CompletableFuture<>();

  @Test
  void many_attempts_under_one_context_pile_up_nothing() {
    CompletionStage<String> bounded = BoundedStage.of(ctx, theirs);
    assertThat(ContextProbe.waiters(ctx)).isEqualTo(1);
    theirs.complete("result");
    assertThat(bounded).isCompletedWithValue("result");
    assertThat(ContextProbe.waiters(ctx)).isZero();
  }

  @Test
  void what_is_there_already_comes_out_after_the_end_too() {
    IOException refused = new IOException("refused");
    ctx.cancel();
    assertThat(BoundedStage.of(ctx, CompletableFuture.completedFuture("result")))
        .isCompletedWithValue("result");
    assertThat(
            BoundedStage.of(ctx, CompletableFuture.<String>failedFuture(refused))
                .handle((value, failure) -> failure))
        .isCompletedWithValue(refused);
  }

  @Test
  void what_comes_after_the_end_does_not() {
    CompletionStage<String> bounded = BoundedStage.of(ctx, theirs);
    ctx.cancel();
    theirs.complete("late");
    assertThat(bounded.toCompletableFuture()).isCompletedExceptionally();
  }
}
