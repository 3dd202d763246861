package dev.resilience.diagnostics;

/**
 * Hears of leaks. Called on the thread that sweeps, without a lock; what it throws is contained and
 * logged.
 */
public interface LeakListener {

  /**
   * Contexts of one place leak. Each context is reported once; at most a {@linkplain
   * LeakDetector.Builder#maxReports few} reports come of one sweep, the largest first, and the
   * others with a later one.
   */
  default void onLeak(Leak leak) {}

  /**
   * There are more suspects than the {@linkplain LeakDetector.Builder#alertAbove threshold}. Comes
   * once, and again after there were fewer.
   */
  default void onAlert(LeakSnapshot snapshot) {}
}
