package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.stage.Stages;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A loader that hands back a stage. */
record StageLoad<K, V extends @Nullable Object>(AsyncLoader<? super K, V> loader)
    implements LoadStarter<K, V> {

  @Override
  public int parallel(int allowed) {
    return loader.boundsItself() ? Integer.MAX_VALUE : allowed;
  }

  @Override
  public void start(Context ctx, K key, Flight<K, V> flight, boolean byCaller) {
    if (byCaller) {
      begin(ctx, key, flight);
      return;
    }
    try {
      ctx.timeSource().executor().execute(() -> begin(ctx, key, flight));
    } catch (Throwable refused) {
      flight.failed(refused);
    }
  }

  private void begin(Context ctx, K key, Flight<K, V> flight) {
    try {
      ctx.throwIfDone();
      CompletionStage<V> stage = loader.load(ctx, key);
      if (stage == null) {
        throw new NullPointerException("the loader returned null (expected: a CompletionStage)");
      }
      Landing<K, V> landing = flight.landing();
      Stages.watch(
          stage,
          (value, failure) -> {
            if (failure == null) {
              landing.loaded(value);
            } else {
              landing.failed(failure);
            }
          });
    } catch (Throwable failure) {
      if (failure instanceof InterruptedException) {
        // Nobody of ours interrupts a thread that only starts something.
        Thread.currentThread().interrupt();
      }
      flight.failed(failure);
    }
  }
}
