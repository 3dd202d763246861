package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent.Circuit;

/**
 * Calls pass and their results are counted. Holds nothing of a call, so it is the admission too.
 */
final class Closed implements State, BreakerPermit {

  private final Window window;
  private final BreakerMode mode;

  Closed(Window window, BreakerMode mode) {
    this.window = window;
    this.mode = mode;
  }

  @Override
  public Circuit circuit() {
    return Circuit.CLOSED;
  }

  @Override
  public BreakerMode mode() {
    return mode;
  }

  @Override
  public void counted(Breaker breaker, Context ctx, boolean failure, boolean slow, long now) {
    if (window.add(failure, slow, now) && mode == BreakerMode.AUTOMATIC) {
      breaker.trip(this, ctx, now);
    }
  }

  @Override
  public void learnedNothing() {}

  WindowCounts tally(long now) {
    return window.tally(now);
  }
}
