package dev.resilience.cache;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * A loader that blocks. It runs on the executor of the time source: on the thread of the caller who
 * came first it would end with that caller, or keep it beyond its end.
 */
record BlockingLoad<K, V extends @Nullable Object>(Loader<? super K, ? extends V> loader)
    implements LoadStarter<K, V> {

  @Override
  public void start(Context ctx, K key, Flight<K, V> flight, boolean byCaller) {
    try {
      ctx.timeSource().executor().execute(() -> run(ctx, key, flight));
    } catch (Throwable refused) {
      flight.failed(refused);
    }
  }

  private void run(Context ctx, K key, Flight<K, V> flight) {
    V value;
    try {
      value = ctx.<V, Exception>interruptibly(() -> loader.load(ctx, key));
    } catch (Throwable failure) {
      flight.failed(failure);
      return;
    }
    flight.loaded(value);
  }
}
