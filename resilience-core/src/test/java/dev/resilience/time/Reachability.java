package dev.resilience.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;

/** Asks the garbage collector. */
final class Reachability {

  private Reachability() {}

  static void assertUnreachable(WeakReference<?> reference) {
    for (int i = 0; i < 50 && reference.get() != null; i++) {
      System.gc();
    }
    assertThat(reference.get()).as("still reachable").isNull();
  }
}
