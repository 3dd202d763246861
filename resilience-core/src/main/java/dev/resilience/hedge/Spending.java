package dev.resilience.hedge;

import dev.resilience.context.Context;

/** What pays for a hedge. */
@FunctionalInterface
interface Spending {

  Spending UNLIMITED = ctx -> true;

  /** Whether a further attempt may be made; it is paid for then. */
  boolean take(Context ctx);
}
