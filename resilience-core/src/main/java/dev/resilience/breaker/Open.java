package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * Calls are rejected, for a time. No timer ends it: the first call after that time does.
 *
 * @param since when it opened, on the time source of the breaker
 * @param mode whether it is held open by hand; time does not end it then
 */
record Open(long since, BreakerMode mode) implements State {

  @Override
  public Circuit circuit() {
    return Circuit.OPEN;
  }

  boolean isForced() {
    return mode == BreakerMode.FORCED_OPEN;
  }

  /** How long it stays so; zero or less: that time is over. */
  long timeLeft(long now, long openFor) {
    // A reading from before it opened, of a thread that was slow, must not prolong it.
    return Math.min(openFor, openFor - (now - since));
  }
}
