package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.context.DoneCallback;
import dev.resilience.context.Registration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The stage that a caller holds. The cache settles it; whatever else completes it (a cancel, an
 * {@code orTimeout}) is the caller leaving.
 */
final class CallerStage<R extends @Nullable Object> extends CompletableFuture<R> {

  private final Runnable leave;
  private volatile @Nullable Registration end;

  CallerStage(Runnable leave) {
    this.leave = leave;
  }

  /** Says what to do at the end of the caller's context, should that come first. */
  void bindTo(Context ctx, DoneCallback atEnd) {
    if (isDone()) {
      return;
    }
    Registration registration = ctx.onDone(atEnd);
    end = registration;
    if (isDone()) {
      registration.withdraw();
    }
  }

  void settle(R value) {
    withdraw();
    super.complete(value);
  }

  void fail(Throwable failure) {
    withdraw();
    super.completeExceptionally(failure);
  }

  @Override
  public boolean complete(R value) {
    return left(super.complete(value));
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return left(super.completeExceptionally(failure));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return left(super.cancel(mayInterruptIfRunning));
  }

  private boolean left(boolean first) {
    if (first) {
      withdraw();
      leave.run();
    }
    return first;
  }

  private void withdraw() {
    Registration registration = end;
    if (registration != null) {
      registration.withdraw();
    }
  }

  /** Stages that depend on this one are ordinary ones: to leave those is not to leave the load. */
  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
