package dev.resilience.discovery.health;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The result of a check that holds a thread: it cannot be cancelled, because that would not free
 * the thread. It completes when the thread is free.
 */
final class ThreadHeld extends CompletableFuture<@Nullable Void> {

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return false;
  }
}
