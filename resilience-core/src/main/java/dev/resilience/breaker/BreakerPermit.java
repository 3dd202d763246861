package dev.resilience.breaker;

import dev.resilience.context.Context;

/** What a call that was let through holds: where its result counts, and nowhere else. */
sealed interface BreakerPermit permits Closed, Probe, RunningSlowCall {

  /**
   * The call told something of the dependency. Called at most once, or {@link #learnedNothing}.
   *
   * @param failure whether the dependency is not well
   * @param slow whether it took too long
   * @param now on the time source of the breaker; 0 where it measures nothing
   */
  void counted(Breaker breaker, Context ctx, boolean failure, boolean slow, long now);

  /** Nothing was learned: what was borrowed goes back. */
  void learnedNothing();
}
