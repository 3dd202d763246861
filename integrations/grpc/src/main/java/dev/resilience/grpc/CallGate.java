package dev.resilience.grpc;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets one of two close a server call: its handler, or the end of its context on another thread. A
 * {@link io.grpc.ServerCall} bears one thread at a time; so an end that comes while the handler is
 * at it is carried out by the handler's thread, and what the handler does later is dropped.
 *
 * <p>No lock: nobody waits, and the call's interceptors may run anything.
 */
final class CallGate {

  private static final int BUSY = 1;
  private static final int ENDED = 2;
  private static final int CLOSED = 4;

  private final AtomicInteger state = new AtomicInteger();

  /** Carries the end out. Runs once, while nobody else is at the call. */
  private final Runnable end;

  CallGate(Runnable end) {
    this.end = end;
  }

  /**
   * The handler does something to the call.
   *
   * @param isLast whether it closes the call
   * @return whether it was done; false: the context has ended the call
   */
  boolean pass(Runnable action, boolean isLast) {
    int mine = BUSY | (isLast ? CLOSED : 0);
    int before = state.getAndUpdate(now -> (now & ENDED) != 0 ? now : now | mine);
    if ((before & ENDED) != 0) {
      return false;
    }
    if ((before & BUSY) != 0) {
      action.run(); // within another action, on the same thread
      return true;
    }
    try {
      action.run();
    } finally {
      int after = state.getAndUpdate(now -> now & ~BUSY);
      if ((after & ENDED) != 0) {
        end.run();
      }
    }
    return true;
  }

  /**
   * The context has ended.
   *
   * @return whether that ends the call; false: the handler has closed it, or it has ended before
   */
  boolean end() {
    int before = state.getAndUpdate(now -> (now & (ENDED | CLOSED)) != 0 ? now : now | ENDED);
    if ((before & (ENDED | CLOSED)) != 0) {
      return false;
    }
    if ((before & BUSY) == 0) {
      end.run();
    }
    return true;
  }

  boolean isEnded() {
    return (state.get() & ENDED) != 0;
  }
}
