package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Next;
import dev.resilience.queue.Ticket;
import dev.resilience.stage.Stages;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The permit of an asynchronous call: given back before the caller hears of the outcome, because
 * whoever hears of it may want the permit. The flag is whether it was given back.
 */
final class AsyncPermit<T extends @Nullable Object> extends AtomicBoolean
    implements Stages.Watcher<T> {

  private static final long serialVersionUID = 1L;

  private final transient PermitQueue queue;
  private final transient MeasuredCall measured;
  private final transient Context ctx;

  /** How many were under way; 0: the call is not measured. */
  private final int inUse;

  private final long began;
  private final transient CompletableFuture<T> answer = new CompletableFuture<>();

  private AsyncPermit(PermitQueue queue, MeasuredCall measured, Context ctx, int inUse) {
    this.queue = queue;
    this.measured = measured;
    this.ctx = ctx;
    this.inUse = inUse;
    this.began = inUse == 0 ? 0 : ctx.timeSource().nanoTime();
  }

  /**
   * Starts a call that holds a permit. Whatever is thrown, the permit comes back and the stage
   * completes.
   */
  static <T extends @Nullable Object> CompletionStage<T> start(
      PermitQueue queue,
      MeasuredCall measured,
      Context ctx,
      Next next,
      AsyncCall<T> work,
      int inUse) {
    return startAfter(null, queue, measured, ctx, next, work, inUse);
  }

  /** As {@link #start}, after a wait that is to be told. */
  static <T extends @Nullable Object> CompletionStage<T> startAfter(
      @Nullable Ticket wait,
      PermitQueue queue,
      MeasuredCall measured,
      Context ctx,
      Next next,
      AsyncCall<T> work,
      int inUse) {
    AsyncPermit<T> permit;
    try {
      if (wait != null) {
        queue.tellWait(ctx, wait);
      }
      permit = new AsyncPermit<>(queue, measured, ctx, inUse);
    } catch (Throwable broken) {
      queue.release();
      return CompletableFuture.failedFuture(broken);
    }
    try {
      Stages.watch(next.callAsync(ctx, work), permit.answer, permit);
    } catch (Throwable broken) {
      permit.settle(null, broken);
    }
    return permit.answer;
  }

  @Override
  public void completed(T value, @Nullable Throwable failure) {
    settle(value, failure);
  }

  // Without a failure the value is a T.
  @SuppressWarnings("NullAway")
  private void settle(@Nullable T value, @Nullable Throwable failure) {
    if (!compareAndSet(false, true)) {
      return;
    }
    try {
      if (inUse > 0) {
        if (failure == null) {
          measured.returned(ctx, value, began, inUse);
        } else {
          measured.failed(ctx, failure, began, inUse);
        }
      }
    } finally {
      try {
        queue.release();
      } finally {
        Stages.complete(answer, value, failure);
      }
    }
  }
}
