package dev.resilience.breaker;

import org.jspecify.annotations.Nullable;

/** A call that a half-open circuit let through. */
final class Probe implements Admission {

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
  public @Nullable Transition settle(Result result, boolean slow, long now) {
    if (!generation.release(this)) {
      return null;
    }
    return switch (result) {
      case FAILURE -> generation.failed("a probe failed");
      case TIMED_OUT -> generation.failed("a probe timed out");
      case SUCCESS -> slow ? generation.failed("a probe was slow") : generation.succeeded();
    };
  }

  @Override
  public void release() {
    generation.release(this);
  }
}
