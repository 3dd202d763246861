package dev.resilience.diagnostics;

/** What a {@link LeakDetector} has found until one moment. Immutable. */
public final class LeakSnapshot {

  private final String name;
  private final int tracked;
  private final int suspects;
  private final long collected;
  private final long untracked;

  LeakSnapshot(String name, int tracked, int suspects, long collected, long untracked) {
    this.name = name;
    this.tracked = tracked;
    this.suspects = suspects;
    this.collected = collected;
    this.untracked = untracked;
  }

  /** The name of the detector. */
  public String name() {
    return name;
  }

  /** How many contexts of the sample live now. */
  public int tracked() {
    return tracked;
  }

  /**
   * How many of them were older than the limit at the last sweep, or collected since the one
   * before.
   */
  public int suspects() {
    return suspects;
  }

  /** How many were ever collected without having ended. */
  public long collected() {
    return collected;
  }

  /** How many of the sample were not followed because there were too many. */
  public long untracked() {
    return untracked;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + suspects
        + " suspects of "
        + tracked
        + " contexts in the sample, "
        + collected
        + " ever forgotten, "
        + untracked
        + " not followed";
  }
}
