package dev.resilience.breaker;

import org.jspecify.annotations.Nullable;

/** What a call that was let through holds: where its result counts, and nowhere else. */
sealed interface Admission permits Closed, Probe, RunningSlowCall {

  /**
   * Counts a result. The first of these, or of {@link #release}, counts; what comes later does not.
   *
   * @param slow whether the call took too long, whatever it came to
   * @param now on the time source of the breaker; 0 where a success need not be measured
   * @return the change of state that follows, or null
   */
  @Nullable Transition settle(Result result, boolean slow, long now);

  /** Gives back what was borrowed; the call told nothing of the dependency. May come twice. */
  void release();
}
