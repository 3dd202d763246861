package dev.resilience.discovery;

import java.lang.ref.WeakReference;

/** Whether something is garbage. */
public final class Reachability {

  private Reachability() {}

  public static boolean isCleared(WeakReference<?> reference) {
    for (int i = 0; i < 50 && reference.get() != null; i++) {
      System.gc();
    }
    return reference.get() == null;
  }
}
