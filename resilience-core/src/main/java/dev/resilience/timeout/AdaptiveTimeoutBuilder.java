package dev.resilience.timeout;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Says what an {@link AdaptiveTimeout} does; made with {@link AdaptiveTimeout#builder}. Not
 * thread-safe.
 */
public final class AdaptiveTimeoutBuilder {

  private static final int FEWEST_IN_WINDOW = 100;

  private final TimeoutConfig enforcement = new TimeoutConfig("adaptive timeout");
  private double percentile = 0.95;
  private double times = 2;
  private Duration floor = Duration.ofMillis(50);
  private Duration ceiling = Duration.ofSeconds(2);
  private @Nullable Duration startingAt;
  private int minSamples = 10;
  private Duration window = Duration.ofSeconds(30);
  private int windowCalls = 1000;
  private Classifier classifier = Classifier.ofDefaults();

  AdaptiveTimeoutBuilder() {}

  /**
   * Which percentile of the durations to follow.
   *
   * @param newPercentile more than 0 and less than 1. Default: 0.95
   */
  public AdaptiveTimeoutBuilder percentile(double newPercentile) {
    if (!(newPercentile > 0 && newPercentile < 1)) {
      throw new IllegalArgumentException(
          "percentile: " + newPercentile + " (expected: > 0 and < 1, such as 0.95)");
    }
    percentile = newPercentile;
    return this;
  }

  /**
   * By how much the limit exceeds the percentile.
   *
   * @param factor from 1 to 100; with 1 the limit cannot grow. Default: 2
   */
  public AdaptiveTimeoutBuilder multiplier(double factor) {
    if (!(factor >= 1 && factor <= 100)) {
      throw new IllegalArgumentException("multiplier: " + factor + " (expected: 1 to 100)");
    }
    times = factor;
    return this;
  }

  /**
   * Where the limit stays, whatever the percentile. Default: 50 ms and 2 s
   *
   * @param newFloor positive
   * @param newCeiling at least the floor, at most a day
   */
  public AdaptiveTimeoutBuilder between(Duration newFloor, Duration newCeiling) {
    requirePositive(newFloor, "floor");
    Objects.requireNonNull(newCeiling, "ceiling");
    if (newCeiling.compareTo(newFloor) < 0 || newCeiling.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "ceiling: " + newCeiling + " (expected: from " + newFloor + ", the floor, to a day)");
    }
    floor = newFloor;
    ceiling = newCeiling;
    return this;
  }

  /**
   * The limit until there are enough samples. Too short a one costs some failed calls at the start;
   * the limit grows out of it, as each of these says "at least this long".
   *
   * @param newLimit from the floor to the ceiling. Default: the floor
   */
  public AdaptiveTimeoutBuilder startingAt(Duration newLimit) {
    startingAt = Objects.requireNonNull(newLimit, "startingAt");
    return this;
  }

  /**
   * How many samples it takes to leave the starting limit.
   *
   * @param samples from 1 to half of the calls in the window. Default: 10
   */
  public AdaptiveTimeoutBuilder minSamples(int samples) {
    if (samples < 1) {
      throw new IllegalArgumentException("minSamples: " + samples + " (expected: >= 1)");
    }
    minSamples = samples;
    return this;
  }

  /**
   * How far back the percentile looks: as far as the shorter of the two, to within an eighth. A
   * short window follows faster, a long one is calmer: a 95th percentile of 1000 calls is decided
   * by the 50 slowest.
   *
   * @param time positive. Default: 30 s
   * @param calls at least 100. Default: 1000
   */
  public AdaptiveTimeoutBuilder window(Duration time, int calls) {
    requirePositive(time, "time");
    if (calls < FEWEST_IN_WINDOW) {
      throw new IllegalArgumentException(
          "calls: " + calls + " (expected: >= " + FEWEST_IN_WINDOW + ")");
    }
    window = time;
    windowCalls = calls;
    return this;
  }

  /**
   * Which outcomes are successes. Default: {@link Classifier#ofDefaults}
   *
   * @param newClassifier best the one that the retry and the breaker of the stack have
   */
  public AdaptiveTimeoutBuilder classifier(Classifier newClassifier) {
    classifier = Objects.requireNonNull(newClassifier, "classifier");
    return this;
  }

  /** The name in events, messages and of threads. Default: {@code adaptive timeout}. */
  public AdaptiveTimeoutBuilder name(String newName) {
    enforcement.name(newName);
    return this;
  }

  /** As {@link FixedTimeout.Builder#isolated}. Default: the caller's thread. */
  public AdaptiveTimeoutBuilder isolated() {
    enforcement.isolated();
    return this;
  }

  /**
   * As {@link FixedTimeout.Builder#maxThreads}.
   *
   * @param newMaxThreads at least 1. Default: 256
   */
  public AdaptiveTimeoutBuilder maxThreads(int newMaxThreads) {
    enforcement.maxThreads(newMaxThreads);
    return this;
  }

  /** Hears of limits that passed, of abandoned work and of late results. Default: nobody. */
  public AdaptiveTimeoutBuilder listener(PolicyListener newListener) {
    enforcement.listener(newListener);
    return this;
  }

  /** Is told how long each call took, under the {@link #name} of this. Default: nobody. */
  public AdaptiveTimeoutBuilder monitor(TimeoutMonitor newMonitor) {
    enforcement.monitor(newMonitor);
    return this;
  }

  /** The policy. */
  public AdaptiveTimeout build() {
    return new AdaptiveTimeout(settings(), enforcement, classifier);
  }

  private AdaptiveLimit.Settings settings() {
    Duration start = startingAt == null ? floor : startingAt;
    if (start.compareTo(floor) < 0 || start.compareTo(ceiling) > 0) {
      throw new IllegalArgumentException(
          "startingAt: " + start + " (expected: from " + floor + " to " + ceiling + ")");
    }
    if (minSamples > windowCalls / 2) {
      throw new IllegalArgumentException(
          "minSamples: "
              + minSamples
              + " (expected: at most half of the "
              + windowCalls
              + " calls in the window)");
    }
    return new AdaptiveLimit.Settings(
        percentile, times, floor, ceiling, start, minSamples, window, windowCalls);
  }

  private static void requirePositive(Duration value, String argument) {
    if (Objects.requireNonNull(value, argument).compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(argument + ": " + value + " (expected: > 0)");
    }
  }
}
