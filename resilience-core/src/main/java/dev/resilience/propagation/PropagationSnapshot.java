package dev.resilience.propagation;

import java.util.Map;

/** What a {@link Propagation} has counted since it was built. Immutable. */
public final class PropagationSnapshot {

  private final long injected;
  private final long refusedSends;
  private final long extracted;
  private final Map<HeaderField, Long> malformed;
  private final Map<HeaderField, Long> clamped;
  private final Map<HeaderField, Long> untrusted;
  private final long applied;
  private final long late;
  private final long rejected;

  PropagationSnapshot(PropagationCounters counters) {
    this.injected = counters.injected.sum();
    this.refusedSends = counters.refusedSends.sum();
    this.extracted = counters.extracted.sum();
    this.malformed = counters.malformed.sums();
    this.clamped = counters.clamped.sums();
    this.untrusted = counters.untrusted.sums();
    this.applied = counters.applied.sum();
    this.late = counters.late.sum();
    this.rejected = counters.rejected.sum();
  }

  /** Calls for which headers were written. */
  public long injected() {
    return injected;
  }

  /** Calls that were not sent because the time left was too short. */
  public long refusedSends() {
    return refusedSends;
  }

  /** Requests whose headers were read. */
  public long extracted() {
    return extracted;
  }

  /** Values that were malformed, and ignored. */
  public long malformed(HeaderField field) {
    return malformed.getOrDefault(field, 0L);
  }

  /** All values that were malformed, and ignored. */
  public long malformed() {
    return sum(malformed);
  }

  /** Values that were beyond a limit, and cut. */
  public long clamped(HeaderField field) {
    return clamped.getOrDefault(field, 0L);
  }

  /** All values that were beyond a limit, and cut. */
  public long clamped() {
    return sum(clamped);
  }

  /** Values that were dropped at the boundary, in or out. */
  public long untrusted(HeaderField field) {
    return untrusted.getOrDefault(field, 0L);
  }

  /** Requests that a deadline from outside applies to. */
  public long deadlinesApplied() {
    return applied;
  }

  /** Requests that came when their deadline had passed, or too shortly before. */
  public long late() {
    return late;
  }

  /** Those of the late that were refused; the others were served without that deadline. */
  public long rejected() {
    return rejected;
  }

  private static long sum(Map<HeaderField, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public String toString() {
    return "sent "
        + injected
        + " (not sent "
        + refusedSends
        + "), read "
        + extracted
        + ", malformed "
        + malformed()
        + ", cut "
        + clamped()
        + ", untrusted "
        + sum(untrusted)
        + ", late "
        + late
        + " (refused "
        + rejected
        + ")";
  }
}
