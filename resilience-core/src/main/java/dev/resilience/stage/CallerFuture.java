package dev.resilience.stage;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import org.jspecify.annotations.Nullable;

/** The stage of a call that its caller gets; to leave it cancels the context of the call. */
public final class CallerFuture<T extends @Nullable Object> extends LeavableFuture<T> {

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
      isFirst = settleFromInside(value, failure);
    }
    return isFirst;
  }

  @Override
  protected void left() {
    call.cancel(LEFT);
  }
}
