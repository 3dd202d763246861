package dev.resilience.discovery;

import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** Keeps what is regular from happening everywhere at once. */
final class Jitter {

  private Jitter() {}

  /** A duration, up to a tenth more or less. */
  static Duration tenth(Duration duration, RandomGenerator random) {
    return share(duration, 0.1, random);
  }

  static Duration share(Duration duration, double share, RandomGenerator random) {
    double factor = 1 - share + 2 * share * random.nextDouble();
    return Duration.ofNanos(Math.max(1, (long) (Deadline.saturatedNanos(duration) * factor)));
  }
}
