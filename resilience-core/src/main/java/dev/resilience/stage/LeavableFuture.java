package dev.resilience.stage;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A future that is settled from inside. Whatever else completes it (a cancel, an {@code orTimeout})
 * is its caller leaving.
 */
public abstract class LeavableFuture<T extends @Nullable Object> extends CompletableFuture<T> {

  /** A future that nobody has settled or left. */
  protected LeavableFuture() {}

  /** The caller has left, and the future is done. May be told again. */
  protected abstract void left();

  /**
   * Completes it without anybody leaving.
   *
   * @return false: its caller has left before
   */
  @CanIgnoreReturnValue
  protected final boolean settleFromInside(@Nullable T value, @Nullable Throwable failure) {
    return failure == null ? super.complete(value) : super.completeExceptionally(failure);
  }

  @Override
  public final boolean complete(@Nullable T value) {
    return leftIf(super.complete(value));
  }

  @Override
  public final boolean completeExceptionally(Throwable failure) {
    return leftIf(super.completeExceptionally(failure));
  }

  @Override
  public final boolean cancel(boolean mayInterruptIfRunning) {
    return leftIf(super.cancel(mayInterruptIfRunning));
  }

  @Override
  public final CompletableFuture<T> completeAsync(Supplier<? extends T> supplier) {
    return completeAsync(supplier, defaultExecutor());
  }

  @Override
  public final CompletableFuture<T> completeAsync(
      Supplier<? extends T> supplier, Executor executor) {
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
  public final void obtrudeValue(@Nullable T value) {
    super.obtrudeValue(value);
    left();
  }

  @Override
  public final void obtrudeException(Throwable failure) {
    super.obtrudeException(failure);
    left();
  }

  private boolean leftIf(boolean first) {
    if (first) {
      left();
    }
    return first;
  }

  /** Stages that depend on this one are ordinary ones: to leave those is not to leave this. */
  @Override
  public final <U> CompletableFuture<U> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
