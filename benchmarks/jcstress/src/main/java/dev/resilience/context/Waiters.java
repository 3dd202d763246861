package dev.resilience.context;

import java.util.Objects;

/** Looks behind the scenes: who waits at a context. */
public final class Waiters {

  private Waiters() {}

  /** How many callbacks and linked children a context has. */
  public static int of(Context context) {
    return Objects.requireNonNull(((Node) context).scope(), "never ends").waiterCount();
  }
}
