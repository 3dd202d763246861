package dev.resilience.diagnostics;

/** A {@link LeakDetector} by JMX. Made by {@link LeakDetector#publish}. */
public interface LeakDetectorMXBean {

  /** The name of the detector. */
  String getName();

  /** How many contexts of the sample live now. */
  int getTracked();

  /** As {@link LeakSnapshot#suspects}. */
  int getSuspects();

  /** How many contexts of the sample were ever collected without having ended. */
  long getCollected();

  /** How many contexts of the sample were not followed because there were too many. */
  long getUntracked();

  /** Whether contexts are followed; setting it to true has an effect on those derived from then. */
  boolean isPaused();

  /** As {@link #isPaused}. */
  void setPaused(boolean paused);

  /**
   * The places of followed contexts that have not ended, whatever their age, with their stacks.
   *
   * @param maxPlaces how many places are shown at most, those with the most contexts first; at
   *     least 1
   */
  String unfinished(int maxPlaces);

  /** Looks at all followed contexts now, and reports. */
  void sweep();
}
