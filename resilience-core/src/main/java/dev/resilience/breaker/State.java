package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * A state of the circuit. Each time that it is entered there is a new object: a generation. A
 * result counts in the object that let its call through, which may be long past.
 */
sealed interface State permits Closed, Open, HalfOpen {

  Circuit circuit();

  default BreakerMode mode() {
    return BreakerMode.AUTOMATIC;
  }
}
