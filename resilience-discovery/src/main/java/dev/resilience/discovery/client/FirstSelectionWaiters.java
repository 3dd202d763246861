package dev.resilience.discovery.client;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls that came before anything was known, in the order in which they came. Who gives up leaves
 * nothing behind.
 */
final class FirstSelectionWaiters {

  private final AtomicLong came = new AtomicLong();
  private final ConcurrentNavigableMap<Long, CompletableFuture<@Nullable Void>> waiting =
      new ConcurrentSkipListMap<>();
  private final Resilience patience;

  FirstSelectionWaiters(Duration limit) {
    this.patience = Resilience.of(FixedTimeout.builder("first answer", limit).build());
  }

  /** Completes when woken, when that would come to nothing, or when the patience is at its end. */
  CompletionStage<@Nullable Void> join(Context ctx, BooleanSupplier isOver) {
    return patience.callAsync(
        ctx,
        c -> {
          Long number = came.getAndIncrement();
          CompletableFuture<@Nullable Void> woken = new CompletableFuture<>();
          waiting.put(number, woken);
          c.onDone(() -> waiting.remove(number));
          if (isOver.getAsBoolean()) {
            woken.complete(null);
          }
          return woken;
        });
  }

  void wakeAll() {
    if (!waiting.isEmpty()) {
      waiting.values().forEach(woken -> woken.complete(null));
    }
  }

  int count() {
    return waiting.size();
  }
}
