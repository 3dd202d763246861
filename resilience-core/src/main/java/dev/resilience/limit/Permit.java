package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A permit of a {@link ConcurrencyLimit}, until it is closed. To close it again has no effect.
 *
 * <p>An adaptive limit learns from how long the permit was held, unless the context was cancelled
 * meanwhile or {@link #ignore} was called. Thread-safe: it may be closed by another thread than the
 * one that got it.
 */
public final class Permit implements AutoCloseable {

  private final PermitQueue queue;
  private final @Nullable Context ctx;
  private final long began;
  private final int inUse;
  private final AtomicBoolean closed = new AtomicBoolean();

  Permit(PermitQueue queue) {
    this.queue = queue;
    this.ctx = null;
    this.began = 0;
    this.inUse = 0;
  }

  /** A permit whose duration counts. */
  Permit(PermitQueue queue, Context ctx, int inUse) {
    this.queue = queue;
    this.ctx = ctx;
    this.began = ctx.timeSource().nanoTime();
    this.inUse = inUse;
  }

  /** Gives the permit back. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        if (ctx != null) {
          measure(ctx);
        }
      } finally {
        queue.release();
      }
    }
  }

  /**
   * Gives the permit back; how long it was held says nothing of the dependency, because the work
   * failed, for example.
   */
  public void ignore() {
    if (closed.compareAndSet(false, true)) {
      queue.release();
    }
  }

  private void measure(Context caller) {
    ContextException end = caller.error();
    if (end == null || end instanceof DeadlineExceededException) {
      queue.sample(caller, began, caller.timeSource().nanoTime(), end != null, inUse);
    }
  }
}
