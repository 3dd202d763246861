package dev.resilience.context;

import java.util.Objects;

/** Looks behind the scenes, for the leak tests of all packages. */
public final class ContextProbe {

  private ContextProbe() {}

  /** How many callbacks and linked children a context has. */
  public static int waiters(Context context) {
    return Objects.requireNonNull(((Node) context).scope(), "never ends").waiterCount();
  }
}
