package dev.resilience.stage;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The stage that a caller gets. Settled by the call; whatever else completes it (a cancel, an
 * {@code orTimeout}) is the caller leaving, and cancels the context of the call.
 */
public final class CallerFuture<T extends @Nullable Object> extends CompletableFuture<T> {

  /** The cause of a context that ended because the future of its call was cancelled. */
  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason is made to be shared
  public static final CancelReason LEFT = CancelReason.of("the future of the call was cancelled");

  private final CancellableContext call;

  /**
   * The future of a call.
   *
   * @param call the context of the call, which ends with the future
   */
  public CallerFuture(CancellableContext call) {
    this.call = call;
  }

  /**
   * The call is over. What it had registered is withdrawn before anybody hears of that.
   *
   * @return whether the caller gets it; false: he has left
   */
  public boolean settle(@Nullable T value, @Nullable Throwable failure) {
    boolean isFirst;
    try {
      call.close();
    } finally {
      isFirst = failure == null ? super.complete(value) : super.completeExceptionally(failure);
    }
    return isFirst;
  }

  @Override
  public boolean complete(@Nullable T value) {
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

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier) {
    return completeAsync(supplier, defaultExecutor());
  }

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
    Objects.requireNonNull(supplier, "supplier");
    executor.execute(
        () -> {
          try {
            complete(supplier.get());
          } catch (Throwable failure) {
            completeExceptionally(failure);
          }
        });
    return this;
  }

  @Override
  public void obtrudeValue(@Nullable T value) {
    super.obtrudeValue(value);
    left(true);
  }

  @Override
  public void obtrudeException(Throwable failure) {
    super.obtrudeException(failure);
    left(true);
  }

  private boolean left(boolean first) {
    if (first) {
      call.cancel(LEFT);
    }
    return first;
  }

  /** Stages that depend on this one are ordinary ones: to leave those is not to leave the call. */
  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
