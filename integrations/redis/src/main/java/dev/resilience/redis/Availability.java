package dev.resilience.redis;

import dev.resilience.cache.CacheClosedException;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.text.SafeText;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Whether Redis is in use, and why not. Tells each change once. */
final class Availability {

  private final Reports reports;

  /** Why Redis is not in use; null: it is. */
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>("not yet tried");

  private volatile boolean closed;

  /** Those who wait until Redis is in use. */
  private final Set<CompletableFuture<@Nullable Void>> waiting = ConcurrentHashMap.newKeySet(1);

  Availability(Reports reports) {
    this.reports = reports;
  }

  @Nullable String reason() {
    return reason.get();
  }

  void isThere() {
    if (reason.getAndSet(null) != null) {
      reports.connected();
    }
    waiting.forEach(waiter -> waiter.complete(null));
  }

  void isNotThere(String why) {
    if (!Objects.equals(reason.getAndSet(why), why)) {
      reports.disconnected(why);
    }
  }

  void close() {
    closed = true;
    if (reason.getAndSet("closed") == null) {
      reports.closed();
    }
    waiting.forEach(waiter -> waiter.completeExceptionally(refusal()));
  }

  private CacheClosedException refusal() {
    return new CacheClosedException(reports.cache + ": the cache is closed");
  }

  @SuppressWarnings("CollectionUndefinedEquality") // by identity, as it should be
  private boolean waitsNoLonger(CompletableFuture<@Nullable Void> waiter) {
    return waiting.remove(waiter);
  }

  /** Completes when Redis is in use, or fails when the context ends; nothing stays behind. */
  CompletionStage<@Nullable Void> await(Context ctx) {
    CompletableFuture<@Nullable Void> waiter = new CompletableFuture<>();
    waiting.add(waiter);
    if (closed) {
      waiter.completeExceptionally(refusal());
    } else if (reason.get() == null) {
      waiter.complete(null);
    }
    Registration end = ctx.onDone(() -> waiter.completeExceptionally(ctx.toException()));
    CompletionStage<@Nullable Void> arrival = waiter;
    arrival.handle(
        (nothing, failure) -> {
          end.withdraw();
          return waitsNoLonger(waiter);
        });
    return arrival;
  }

  /** What a connection or a command failed with, in the words of whoever said so. */
  static String reasonOf(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    Optional<String> refusal = RedisLine.refusal(root);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    return root == failure ? described(root) : described(failure) + ": " + described(root);
  }

  private static String described(Throwable failure) {
    return SafeText.messageOf(failure);
  }
}
