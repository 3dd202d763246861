package dev.resilience.breaker;

import dev.resilience.observe.PolicyEvent.Circuit;

/** Calls are rejected, for a time. No timer ends it: the first call after that time does. */
final class Open extends State {

  private final BreakerMode mode;
  private final long since;
  private final long duration;
  private final int round;

  private Open(BreakerMode mode, long since, long duration, int round) {
    this.mode = mode;
    this.since = since;
    this.duration = duration;
    this.round = round;
  }

  /** Held open by hand; time does not end it. */
  static Open forced() {
    return new Open(BreakerMode.FORCED_OPEN, 0, 0, 0);
  }

  /**
   * Open for a time.
   *
   * @param since on the time source of the breaker
   * @param round how often probes have failed since the circuit was closed
   */
  static Open of(long since, long duration, int round) {
    return new Open(BreakerMode.AUTOMATIC, since, duration, round);
  }

  @Override
  Circuit circuit() {
    return Circuit.OPEN;
  }

  @Override
  BreakerMode mode() {
    return mode;
  }

  boolean isForced() {
    return mode == BreakerMode.FORCED_OPEN;
  }

  int round() {
    return round;
  }

  /** How long it stays so; zero or less: that time is over. */
  long timeLeft(long now) {
    // A reading from before it opened, of a thread that was slow, must not prolong it.
    return Math.min(duration, duration - (now - since));
  }
}
