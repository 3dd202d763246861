package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent.Circuit;
import org.jspecify.annotations.Nullable;

/**
 * A state of the circuit. Each time that it is entered there is a new object: a generation. A
 * result counts in the object that let its call through, which may be long past.
 */
abstract sealed class State permits Closed, Open, HalfOpen {

  /** How the circuit left this state, until the listener has heard of it. */
  private volatile @Nullable Departure departure;

  /**
   * Leaving a state.
   *
   * @param reason in a few words
   * @param ctx of the call that was the reason; null: it was done by hand
   */
  record Departure(State to, String reason, @Nullable Context ctx) {}

  abstract Circuit circuit();

  BreakerMode mode() {
    return BreakerMode.AUTOMATIC;
  }

  final void leave(Departure how) {
    departure = how;
  }

  final @Nullable Departure departure() {
    return departure;
  }

  /** Lets go of the states that follow: a call that hangs holds this one. */
  final void forgetDeparture() {
    departure = null;
  }
}
