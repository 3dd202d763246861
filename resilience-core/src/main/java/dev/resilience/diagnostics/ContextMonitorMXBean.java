package dev.resilience.diagnostics;

/**
 * A {@link ContextMonitor} by JMX: for consoles, and for agents that have no code of their own.
 * Made by {@link ContextMonitor#publish}.
 */
public interface ContextMonitorMXBean {

  /** The name of the monitor. */
  String getName();

  /** How many contexts are followed now. */
  int getSize();

  /** How many contexts were not followed because there were too many. */
  long getUntracked();

  /** Whether contexts are followed; setting it to true has an effect on those derived from then. */
  boolean isPaused();

  /** As {@link #isPaused}. */
  void setPaused(boolean paused);

  /**
   * The tree as text.
   *
   * @param maxNodes how many contexts are shown at most, at least 1
   */
  String dump(int maxNodes);

  /**
   * The tree as JSON.
   *
   * @param maxNodes how many contexts are shown at most, at least 1
   */
  String dumpJson(int maxNodes);
}
