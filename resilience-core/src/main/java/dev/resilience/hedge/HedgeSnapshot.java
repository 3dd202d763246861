package dev.resilience.hedge;

import dev.resilience.text.DurationText;
import java.time.Duration;

/** The figures of a {@link Hedge} at a moment. Immutable. */
public final class HedgeSnapshot {

  private final String name;
  private final Duration delay;
  private final long calls;
  private final long hedges;
  private final long hedgesWon;
  private final long refused;

  HedgeSnapshot(
      String name, Duration delay, long calls, long hedges, long hedgesWon, long refused) {
    this.name = name;
    this.delay = delay;
    this.calls = calls;
    this.hedges = hedges;
    this.hedgesWon = hedgesWon;
    this.refused = refused;
  }

  /** The name of the hedge. */
  public String name() {
    return name;
  }

  /** After which a hedge would start now. */
  public Duration delay() {
    return delay;
  }

  /** Calls, ever. */
  public long calls() {
    return calls;
  }

  /** Attempts besides the first one, ever. */
  public long hedges() {
    return hedges;
  }

  /** Calls that such an attempt answered, ever. */
  public long hedgesWon() {
    return hedgesWon;
  }

  /** Hedges that were due and not allowed, by the budget or because of pressure, ever. */
  public long refused() {
    return refused;
  }

  @Override
  public String toString() {
    return name
        + ": after "
        + DurationText.of(delay)
        + ", "
        + calls
        + " calls, "
        + hedges
        + " hedges, "
        + hedgesWon
        + " won, "
        + refused
        + " refused";
  }
}
