package dev.resilience.context;

import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A sleep without a thread. */
final class Delay {

  private Delay() {}

  static CompletionStage<@Nullable Void> start(Node ctx, Duration duration) {
    if (ctx.isDone()) {
      return CompletableFuture.failedFuture(ctx.toException());
    }
    if (duration.isNegative() || duration.isZero()) {
      return CompletableFuture.completedFuture(null);
    }
    TimeSource time = ctx.root.time();
    CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
    // Dependents are user code: they must not run on the timer thread.
    Timer timer =
        time.startTimer(
            time.nanoTime() + Durations.toNanos(duration),
            () -> time.execute(() -> over.complete(null)));
    Registration end = ctx.onDone(() -> over.completeExceptionally(ctx.toException()));
    CompletionStage<@Nullable Void> stage = over;
    stage.handle(
        (nothing, failure) -> {
          timer.cancel();
          return end.withdraw();
        });
    return stage;
  }
}
