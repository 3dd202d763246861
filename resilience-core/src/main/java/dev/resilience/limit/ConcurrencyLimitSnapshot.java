package dev.resilience.limit;

import java.time.Duration;

/** The figures of a {@link ConcurrencyLimit} at one moment. Immutable. */
public final class ConcurrencyLimitSnapshot {

  private final String name;
  private final int limit;
  private final int inUse;
  private final int waiting;
  private final long waited;
  private final long rejected;
  private final Duration baseline;
  private final Duration usualDuration;

  ConcurrencyLimitSnapshot(
      String name,
      int limit,
      int inUse,
      int waiting,
      long waited,
      long rejected,
      Duration baseline,
      Duration usualDuration) {
    this.name = name;
    this.limit = limit;
    this.inUse = inUse;
    this.waiting = waiting;
    this.waited = waited;
    this.rejected = rejected;
    this.baseline = baseline;
    this.usualDuration = usualDuration;
  }

  /** The name of the limit. */
  public String name() {
    return name;
  }

  /** How many calls may be under way at once. */
  public int limit() {
    return limit;
  }

  /** How many are. After a limit has become smaller there may be more than it. */
  public int inUse() {
    return inUse;
  }

  /** How many calls wait. */
  public int waiting() {
    return waiting;
  }

  /** How many calls had to wait so far. */
  public long waited() {
    return waited;
  }

  /** How many calls were rejected so far, at once or after a wait. */
  public long rejected() {
    return rejected;
  }

  /**
   * The median duration of a call when the limit is not felt, with which an adaptive limit
   * compares; zero where it is not known.
   */
  public Duration baseline() {
    return baseline;
  }

  /** The 90th percentile of the durations of late; zero where it is not known. */
  public Duration usualDuration() {
    return usualDuration;
  }

  @Override
  public String toString() {
    return name
        + ": limit "
        + limit
        + ", in use "
        + inUse
        + ", waiting "
        + waiting
        + ", waited "
        + waited
        + ", rejected "
        + rejected;
  }
}
