package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.policy.PolicyEvent.Circuit;

/**
 * Calls pass and their results are counted. Holds nothing of a call, so it is the admission too.
 */
final class Closed implements State, Admission {

  private final Window window;

  Closed(Window window) {
    this.window = window;
  }

  @Override
  public Circuit circuit() {
    return Circuit.CLOSED;
  }

  @Override
  public void succeeded(Breaker breaker, Context ctx) {
    if (window.add(false)) {
      breaker.trip(this, ctx);
    }
  }

  @Override
  public void failed(Breaker breaker, Context ctx) {
    if (window.add(true)) {
      breaker.trip(this, ctx);
    }
  }

  @Override
  public void learnedNothing() {}

  Tally tally() {
    return window.tally();
  }
}
