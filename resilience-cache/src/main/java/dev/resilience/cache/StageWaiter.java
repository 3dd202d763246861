package dev.resilience.cache;

import dev.resilience.context.Context;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A caller who waits with a stage. */
final class StageWaiter<V extends @Nullable Object, R extends @Nullable Object> extends Waiter<V> {

  private final Function<Outcome<V>, R> answer;
  private final CallerStage<R> stage = new CallerStage<>(this::leave);

  StageWaiter(Context ctx, Function<Outcome<V>, R> answer) {
    super(ctx);
    this.answer = answer;
  }

  /** To be called once the flight is boarded: from now on the caller's end ends the waiting. */
  CompletionStage<R> bindTo(Context ctx) {
    stage.bindTo(
        ctx,
        () -> {
          // First this: whoever hears of the stage finds nothing running for it.
          leave();
          stage.fail(ctx.toException());
        });
    return stage;
  }

  @Override
  void settle(Outcome<V> outcome) {
    R result;
    try {
      result = answer.apply(outcome);
    } catch (Throwable failure) {
      stage.fail(failure);
      return;
    }
    stage.settle(result);
  }

  @Override
  boolean isQuick() {
    return false;
  }
}
