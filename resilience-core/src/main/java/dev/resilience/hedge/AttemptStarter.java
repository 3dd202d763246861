package dev.resilience.hedge;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.stage.Stages;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Starts an attempt of a race. */
@FunctionalInterface
interface AttemptStarter<T extends @Nullable Object> {

  /** Starts; never throws. The outcome is told once, on any thread. */
  void start(CancellableContext ctx, Consumer<Outcome<T>> finish);

  /**
   * Blocks a thread of the time source's executor, which the stack interrupts when the context
   * ends.
   */
  static <T extends @Nullable Object> AttemptStarter<T> blocking(Call<T, ?> work) {
    return (ctx, finish) -> {
      try {
        ctx.timeSource().executor().execute(() -> finish.accept(outcome(ctx, work)));
      } catch (Throwable refused) {
        finish.accept(new Outcome<>(null, refused));
      }
    };
  }

  private static <T extends @Nullable Object> Outcome<T> outcome(Context ctx, Call<T, ?> work) {
    try {
      return new Outcome<>(work.call(ctx), null);
    } catch (Throwable failure) {
      return new Outcome<>(null, failure);
    }
  }

  /** Hands back a stage, which completes at the end of the context at the latest. */
  static <T extends @Nullable Object> AttemptStarter<T> staged(AsyncCall<T> work) {
    return (ctx, finish) -> {
      CompletionStage<T> stage;
      try {
        stage = work.call(ctx);
      } catch (Throwable failure) {
        finish.accept(new Outcome<>(null, failure));
        return;
      }
      Stages.watch(stage, (result, failure) -> finish.accept(new Outcome<>(result, failure)));
    };
  }
}
