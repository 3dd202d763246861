package dev.resilience.context;

import dev.resilience.context.ThreadBinding.Bound;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts a thread when a context ends, and not later than the work on that thread does: taking
 * the callback back and running it are decided by one compare-and-set.
 *
 * <p>{@link Thread#interrupt} may run foreign code, which may throw or block. Whatever it does, the
 * worker learns that it is over; until then it parks.
 */
final class Interruption extends Callback {

  /** Stands for the one thing that this callback does. */
  private static final DoneCallback INTERRUPT = () -> {};

  /** For dumps: what the work has, which may be more values than its scope. */
  final Node ctx;

  final Thread worker = Thread.currentThread();
  private final @Nullable InterruptListener told;
  private boolean outsidePending;
  private volatile boolean delivered;

  // Both are the worker's alone.
  private boolean hasBegun;
  private boolean tooLate;

  private Interruption(Node ctx, Scope scope, @Nullable InterruptListener told) {
    super(scope, INTERRUPT, Kind.INTERRUPT);
    this.ctx = ctx;
    this.told = told;
  }

  /**
   * Interrupts the calling thread when a context ends, from now until {@link #isOver}.
   *
   * @param told of the interrupt
   * @throws ContextException if the context has ended already
   */
  static Interruption begin(Node ctx, Scope scope, @Nullable InterruptListener told) {
    Interruption interruption = new Interruption(ctx, scope, told);
    // To register is also to look at the clock; a second look before would cost as much again.
    scope.add(interruption);
    if (interruption.tooLate || (interruption.delivered && interruption.isOver(null))) {
      throw ctx.toException();
    }
    interruption.hasBegun = true;
    return interruption;
  }

  static <T extends @Nullable Object, X extends Throwable> T around(
      Node ctx, BlockingWork<T, X> work) throws X {
    Bound bound = BindingChain.enter(ctx);
    try {
      return inside(ctx, work);
    } finally {
      bound.close();
    }
  }

  private static <T extends @Nullable Object, X extends Throwable> T inside(
      Node ctx, BlockingWork<T, X> work) throws X {
    Scope scope = ctx.scope();
    if (scope == null) {
      return work.run();
    }
    Interruption interruption = begin(ctx, scope, work);
    T result;
    try {
      result = work.run();
    } catch (Throwable failure) {
      if (interruption.isOver(failure) && !(failure instanceof Error)) {
        ContextException end = ctx.toException();
        end.addSuppressed(failure);
        throw end;
      }
      throw failure;
    }
    interruption.isOver(null);
    return result;
  }

  /** On a thread that may wait for it: the one that ends the context, or one for interrupts. */
  @Override
  void perform(DoneCallback action) {
    if (Thread.currentThread() == worker && !hasBegun) {
      // It has met the end by registering: nothing runs yet that could be interrupted, or told.
      tooLate = true;
      return;
    }
    try {
      outsidePending = worker.isInterrupted();
      worker.interrupt();
    } finally {
      try {
        if (told != null) {
          told.interrupted();
        }
      } finally {
        delivered = true;
        LockSupport.unpark(worker);
      }
    }
  }

  /**
   * On the worker: from here on no interrupt of ours lands, and none is left pending.
   *
   * @param failure what the work threw, or null
   * @return whether one was delivered
   */
  boolean isOver(@Nullable Throwable failure) {
    if (withdraw()) {
      return false;
    }
    boolean flag = Thread.interrupted();
    while (!delivered) {
      // The other thread is between its claim and its last line.
      LockSupport.park(this);
      flag |= Thread.interrupted();
    }
    flag |= Thread.interrupted();
    // Who throws this exception has consumed an interrupt, and not set the flag again. So if that
    // is set, a second one has come, and one of the two was not ours.
    if (outsidePending || (flag && failure instanceof InterruptedException)) {
      worker.interrupt();
    }
    return true;
  }
}
