package dev.resilience.timeout;

import dev.resilience.text.DurationText;
import java.time.Duration;
import java.util.Optional;

/** The numbers of an {@link AdaptiveTimeout} at one moment. Immutable. */
public final class AdaptiveTimeoutSnapshot {

  private final String policy;
  private final Duration limit;
  private final Optional<Duration> percentile;
  private final long samples;
  private final long cutOff;
  private final boolean frozen;

  AdaptiveTimeoutSnapshot(
      String policy,
      Duration limit,
      Optional<Duration> percentile,
      long samples,
      long cutOff,
      boolean frozen) {
    this.policy = policy;
    this.limit = limit;
    this.percentile = percentile;
    this.samples = samples;
    this.cutOff = cutOff;
    this.frozen = frozen;
  }

  /** The name of the policy. */
  public String policy() {
    return policy;
  }

  /** How long an attempt may take now. */
  public Duration limit() {
    return limit;
  }

  /**
   * The percentile as it is estimated, up to 3.2 % too high; what is far below the floor or beyond
   * the ceiling reads as that. Empty until there are enough samples.
   */
  public Optional<Duration> percentile() {
    return percentile;
  }

  /**
   * How many calls the estimate rests on, without those that were cut off so early that they tell
   * nearly nothing.
   */
  public long samples() {
    return samples;
  }

  /** How many calls in the window were cut off, early or late. */
  public long cutOff() {
    return cutOff;
  }

  /** Whether a circuit is open, so that nothing is learned. */
  public boolean frozen() {
    return frozen;
  }

  /** All numbers in one line. */
  @Override
  public String toString() {
    return "policy "
        + policy
        + ", limit "
        + DurationText.of(limit)
        + ", percentile "
        + percentile.map(DurationText::of).orElse("unknown")
        + ", samples "
        + samples
        + ", cutOff "
        + cutOff
        + ", frozen "
        + frozen;
  }
}
