package dev.resilience.cache;

import dev.resilience.context.Context;
import dev.resilience.context.DoneCallback;
import dev.resilience.context.Registration;
import dev.resilience.stage.LeavableFuture;
import org.jspecify.annotations.Nullable;

/** The stage that a caller of the cache holds, and that the cache settles. */
final class CallerStage<R extends @Nullable Object> extends LeavableFuture<R> {

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
    settleFromInside(value, null);
  }

  void fail(Throwable failure) {
    withdraw();
    settleFromInside(null, failure);
  }

  @Override
  protected void left() {
    withdraw();
    leave.run();
  }

  private void withdraw() {
    Registration registration = end;
    if (registration != null) {
      registration.withdraw();
    }
  }
}
