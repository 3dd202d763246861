package dev.resilience.simulation;

import java.time.Duration;
import java.util.Objects;
import java.util.random.RandomGenerator;

/** A distribution of durations. Immutable; draws from the given generator only. */
@FunctionalInterface
public interface Latency {

  /** Draws a duration. */
  Duration sample(RandomGenerator random);

  /** Always the same duration. */
  static Latency constant(Duration duration) {
    Objects.requireNonNull(duration, "duration");
    return random -> duration;
  }

  /** Equally likely between two durations. */
  static Latency uniform(Duration from, Duration to) {
    long low = from.toNanos();
    long high = to.toNanos();
    if (low > high) {
      throw new IllegalArgumentException("from: " + from + " (expected: <= " + to + ")");
    }
    return random -> Duration.ofNanos(low + (long) (random.nextDouble() * (high - low)));
  }

  /**
   * Log-normal: most durations near the median, with a tail to the right, as services have it.
   *
   * @param median half of the durations are shorter
   * @param sigma standard deviation of the logarithm; 0.25 puts the 99th percentile at 1.8 medians
   */
  static Latency logNormal(Duration median, double sigma) {
    double nanos = median.toNanos();
    return random -> Duration.ofNanos((long) (nanos * Math.exp(sigma * random.nextGaussian())));
  }

  /** This distribution with a share of the durations drawn from another one. */
  default Latency with(double share, Latency other) {
    Objects.requireNonNull(other, "other");
    return random -> random.nextDouble() < share ? other.sample(random) : sample(random);
  }
}
