package dev.resilience.limit;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One of the places of a {@link ConcurrencyLimit}, until it is closed; to close it again changes
 * nothing. Thread-safe: it may be closed by another thread than the one that got it.
 */
public final class Permit implements AutoCloseable {

  private final ConcurrencyLimit limit;
  private final AtomicBoolean closed = new AtomicBoolean();

  Permit(ConcurrencyLimit limit) {
    this.limit = limit;
  }

  /** Gives the place back. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      limit.release();
    }
  }
}
