package dev.resilience.breaker;

import dev.resilience.context.Context;

/** What a call that was let through holds: where its result counts, and nowhere else. */
sealed interface Admission permits Closed, Probe {

  /** The dependency is well. Called at most once, as one of these three. */
  void succeeded(Breaker breaker, Context ctx);

  /** The dependency is not well. */
  void failed(Breaker breaker, Context ctx);

  /** Nothing was learned: what was borrowed goes back. */
  void learnedNothing();
}
