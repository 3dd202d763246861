package dev.resilience.cache;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/** One who waits for a flight, and may leave alone. */
abstract class Waiter<V extends @Nullable Object> {

  /** The load in which this waiter asks, if it asks in one. */
  final @Nullable WaitsForNode asking;

  private volatile @Nullable Flight<?, V> flight;

  Waiter(Context ctx) {
    this.asking = ctx.get(WaitsForNode.KEY);
  }

  /** The flight that this waiter is about to wait for. */
  final void boards(Flight<?, V> boarded) {
    flight = boarded;
    if (asking != null) {
      asking.waitFor(boarded.trace);
    }
  }

  /** This waiter does not, or no longer, wait for the flight. */
  final void isOff(Flight<?, V> left) {
    if (flight == left) {
      flight = null; // whoever keeps the caller's stage does not keep the load
    }
    if (asking != null) {
      asking.stopWaitingFor(left.trace);
    }
  }

  /** Leaves; without effect where the flight is over. */
  final void leave() {
    Flight<?, V> boarded = flight;
    if (boarded != null) {
      boarded.leave(this);
    }
  }

  /** The flight is over. No lock is held. */
  abstract void settle(Outcome<V> outcome);

  /** Whether {@link #settle} runs nothing but the library's own code. */
  abstract boolean isQuick();
}
