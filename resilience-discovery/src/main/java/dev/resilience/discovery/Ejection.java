package dev.resilience.discovery;

import java.time.Duration;

/**
 * When an instance that fails its callers is set aside, and how it comes back. What counts as a
 * failure says a {@link dev.resilience.policy.Classifier}: a caller that gives up sets nobody
 * aside.
 *
 * <p>Immutable.
 *
 * @param consecutiveFailures so many failed calls in a row; at most 31. Default: 5
 * @param failures so many failed calls of the last {@value #WINDOW}. Default: 10
 * @param forAtLeast how long the first time; each time in a row twice as long. Default: 5 s
 * @param forAtMost the longest. Default: 60 s
 * @param keepAtLeast the share of the instances that is never set aside, and always one. Default:
 *     0.5
 * @param slowStart how long it takes an instance that comes back, or joins, to grow from a tenth to
 *     all of its weight; zero: at once. Default: 10 s
 */
public record Ejection(
    int consecutiveFailures,
    int failures,
    Duration forAtLeast,
    Duration forAtMost,
    double keepAtLeast,
    Duration slowStart) {

  /** How many of the last calls are remembered. */
  public static final int WINDOW = 20;

  /** Refuses what makes no sense. */
  public Ejection {
    Names.between("consecutiveFailures", consecutiveFailures, 1, 31);
    Names.between("failures", failures, 1, WINDOW);
    ServiceRegistryBuilder.positive("forAtLeast", forAtLeast);
    if (forAtMost.compareTo(forAtLeast) < 0) {
      throw new IllegalArgumentException(
          "forAtMost: " + forAtMost + " (expected: >= forAtLeast, " + forAtLeast + ")");
    }
    Share.checked("keepAtLeast", keepAtLeast);
    ServiceRegistryBuilder.notNegative("slowStart", slowStart);
  }

  /** The defaults. */
  public static Ejection ofDefaults() {
    return new Ejection(
        5, 10, Duration.ofSeconds(5), Duration.ofSeconds(60), 0.5, Duration.ofSeconds(10));
  }

  /** The same with another number of failures in a row, 1 to 31. */
  public Ejection withConsecutiveFailures(int newConsecutiveFailures) {
    return new Ejection(
        newConsecutiveFailures, failures, forAtLeast, forAtMost, keepAtLeast, slowStart);
  }

  /** The same with another number of failures among the last {@value #WINDOW}, from 1. */
  public Ejection withFailures(int newFailures) {
    return new Ejection(
        consecutiveFailures, newFailures, forAtLeast, forAtMost, keepAtLeast, slowStart);
  }

  /** The same for other times, positive. */
  public Ejection withTimes(Duration newForAtLeast, Duration newForAtMost) {
    return new Ejection(
        consecutiveFailures, failures, newForAtLeast, newForAtMost, keepAtLeast, slowStart);
  }

  /** The same with another floor, 0 (one instance) to 1 (nobody is ever set aside). */
  public Ejection withKeepAtLeast(double newKeepAtLeast) {
    return new Ejection(
        consecutiveFailures, failures, forAtLeast, forAtMost, newKeepAtLeast, slowStart);
  }

  /** The same with another slow start, zero or more. */
  public Ejection withSlowStart(Duration newSlowStart) {
    return new Ejection(
        consecutiveFailures, failures, forAtLeast, forAtMost, keepAtLeast, newSlowStart);
  }
}
