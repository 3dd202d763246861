package dev.resilience.discovery;

import dev.resilience.context.Context;
import dev.resilience.policy.Resilience;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Calls that came before anything was known. Who gives up leaves nothing behind. */
final class Waiters {

  private static final class Waiter {
    final CompletableFuture<@Nullable Void> woken = new CompletableFuture<>();
  }

  private final Set<Waiter> waiting = ConcurrentHashMap.newKeySet();
  private final Resilience patience;

  Waiters(Duration limit) {
    this.patience = Resilience.of(FixedTimeout.builder(limit).name("first answer").build());
  }

  /** Completes when woken, when that would come to nothing, or when the patience is at its end. */
  CompletionStage<@Nullable Void> join(Context ctx, BooleanSupplier isOver) {
    return patience.callAsync(
        ctx,
        c -> {
          Waiter waiter = new Waiter();
          waiting.add(waiter);
          c.onDone(() -> waiting.remove(waiter));
          if (isOver.getAsBoolean()) {
            waiter.woken.complete(null);
          }
          return waiter.woken;
        });
  }

  void wakeAll() {
    if (!waiting.isEmpty()) {
      waiting.forEach(waiter -> waiter.woken.complete(null));
    }
  }

  int count() {
    return waiting.size();
  }
}
