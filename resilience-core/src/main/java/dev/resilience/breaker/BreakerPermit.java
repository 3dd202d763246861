package dev.resilience.breaker;

import dev.resilience.context.Context;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One call that a {@link Breaker} has let {@linkplain Breaker#acquire through} and whose outcome is
 * told by hand. The first thing that is told counts, and what comes after it does not. Thread-safe.
 */
public final class BreakerPermit implements AutoCloseable {

  private final Breaker breaker;
  private final Admission admission;
  private final Context ctx;
  private final long start;
  private final AtomicBoolean isSettled = new AtomicBoolean();

  BreakerPermit(Breaker breaker, Admission admission, Context ctx, long start) {
    this.breaker = breaker;
    this.admission = admission;
    this.ctx = ctx;
    this.start = start;
  }

  /** The call returned this, which the classifier of the breaker judges. */
  public void recordResult(@Nullable Object result) {
    if (isSettled.compareAndSet(false, true)) {
      breaker.settleResult(admission, ctx, start, result);
    }
  }

  /**
   * The call failed with this, which the classifier of the breaker judges: as in {@link
   * Breaker#call}, what the caller gave up on counts nowhere.
   */
  public void recordFailure(Throwable failure) {
    if (isSettled.compareAndSet(false, true)) {
      breaker.settleFailure(admission, ctx, start, failure);
    }
  }

  /** Gives the permit back if nothing was told; the call then counts nowhere. */
  @Override
  public void close() {
    if (isSettled.compareAndSet(false, true)) {
      admission.release();
    }
  }
}
