package dev.resilience.context;

/** Counts who waits at a context: for leak tests of other packages. */
public final class Listeners {

  private Listeners() {}

  /** Callbacks and linked children of the nearest context, this or above, that can end. */
  public static int of(Context ctx) {
    Scope scope = ((Node) ctx).scope();
    return scope == null ? 0 : scope.waiterCount();
  }
}
