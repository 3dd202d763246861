package dev.resilience.breaker;

import dev.resilience.context.Context;

/** A call that a half-open circuit let through. */
final class Probe implements BreakerPermit {

  private final HalfOpen generation;
  private final int slot;
  private final long admitted;

  Probe(HalfOpen generation, int slot, long admitted) {
    this.generation = generation;
    this.slot = slot;
    this.admitted = admitted;
  }

  int slot() {
    return slot;
  }

  long age(long now) {
    return now - admitted;
  }

  @Override
  public void counted(Breaker breaker, Context ctx, boolean failure, boolean slow, long now) {
    if (!generation.release(this)) {
      return;
    }
    if (failure || slow) {
      breaker.probeFailed(generation, ctx, failure ? "a probe failed" : "a probe was slow");
    } else {
      breaker.probeSucceeded(generation, ctx);
    }
  }

  @Override
  public void learnedNothing() {
    generation.release(this);
  }
}
