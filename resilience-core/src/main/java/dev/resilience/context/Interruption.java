package dev.resilience.context;

import org.jspecify.annotations.Nullable;

/**
 * Interrupts a thread when a context ends, and not later than the work on that thread does: taking
 * the callback back and running it are decided by one compare-and-set.
 */
final class Interruption implements DoneCallback {

  private final Thread worker = Thread.currentThread();
  private final BlockingWork<?, ?> work;
  private boolean outsidePending;
  private volatile boolean delivered;

  private Interruption(BlockingWork<?, ?> work) {
    this.work = work;
  }

  static <T extends @Nullable Object, X extends Throwable> T around(
      Node ctx, BlockingWork<T, X> work) throws X {
    Interruption interruption = new Interruption(work);
    // To register is also to look at the clock; a second look before would cost as much again.
    Registration registration = ctx.register(interruption, true);
    if (interruption.delivered && interruption.isOver(registration)) {
      throw ctx.toException();
    }
    T result;
    try {
      result = work.run();
    } catch (Throwable failure) {
      if (interruption.isOver(registration)) {
        ContextException end = ctx.toException();
        end.addSuppressed(failure);
        throw end;
      }
      throw failure;
    }
    interruption.isOver(registration);
    return result;
  }

  /** On the thread that ends the context. */
  @Override
  public void run() {
    outsidePending = worker.isInterrupted();
    worker.interrupt();
    try {
      work.interrupted();
    } finally {
      delivered = true;
    }
  }

  /**
   * On the worker: from here on no interrupt of ours lands, and none is left pending.
   *
   * @return whether one was delivered
   */
  private boolean isOver(Registration registration) {
    if (registration.withdraw()) {
      return false;
    }
    while (!delivered) {
      // The other thread is between its claim and its last line.
      Thread.onSpinWait();
    }
    if (!outsidePending) {
      Thread.interrupted();
    }
    return true;
  }
}
