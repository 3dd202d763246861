package dev.resilience.discovery.client;

import dev.resilience.discovery.Checks;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;

/**
 * Passive health checking: when an instance that fails its callers, or is much slower than the
 * others, is ejected, and how it comes back. What counts as a failure is decided by a {@link
 * dev.resilience.policy.Classifier}: a caller that gives up ejects no instance.
 *
 * <pre>{@code
 * Ejection ejection = Ejection.builder().consecutiveFailures(3).maxEjectedShare(0.3).build();
 * }</pre>
 *
 * <p>Immutable.
 */
public final class Ejection {

  /** How many of the last calls are remembered. */
  public static final int WINDOW = 20;

  private final int consecutiveFailures;
  private final int failures;
  private final Duration baseTime;
  private final Duration maxTime;
  private final double slowerThan;
  private final double maxEjectedShare;
  private final Duration slowStart;

  private Ejection(Builder builder) {
    this.consecutiveFailures = builder.consecutiveFailures;
    this.failures = builder.failures;
    this.baseTime = builder.baseTime;
    this.maxTime = builder.maxTime;
    this.slowerThan = builder.slowerThan;
    this.maxEjectedShare = builder.maxEjectedShare;
    this.slowStart = builder.slowStart;
  }

  /** The defaults. */
  public static Ejection ofDefaults() {
    return builder().build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /** How many failed calls in a row eject an instance. */
  public int consecutiveFailures() {
    return consecutiveFailures;
  }

  /** How many failed calls among the last {@value #WINDOW} eject an instance. */
  public int failures() {
    return failures;
  }

  /** How many times slower than the others an instance is that is ejected for it. */
  public double slowerThan() {
    return slowerThan;
  }

  /** How long the first ejection lasts; each one in a row lasts twice as long. */
  public Duration baseTime() {
    return baseTime;
  }

  /** How long an ejection lasts at most. */
  public Duration maxTime() {
    return maxTime;
  }

  /** The share of the instances that may be ejected at the same time. */
  public double maxEjectedShare() {
    return maxEjectedShare;
  }

  /** How long an instance that comes back or joins takes to get all of its weight. */
  public Duration slowStart() {
    return slowStart;
  }

  /** The settings, for people. */
  @Override
  public String toString() {
    return consecutiveFailures
        + " failures in a row or "
        + failures
        + " of "
        + WINDOW
        + ", for "
        + DurationText.of(baseTime)
        + " to "
        + DurationText.of(maxTime)
        + ", at most "
        + Math.round(maxEjectedShare * 100)
        + " %, slow start "
        + DurationText.of(slowStart);
  }

  /** Builds an {@link Ejection}. Not thread-safe. */
  public static final class Builder {

    private int consecutiveFailures = 5;
    private int failures = 10;
    private Duration baseTime = Duration.ofSeconds(5);
    private Duration maxTime = Duration.ofSeconds(60);
    private double slowerThan = 5;
    private double maxEjectedShare = 0.5;
    private Duration slowStart = Duration.ofSeconds(10);

    private Builder() {}

    /**
     * How many failed calls in a row eject an instance.
     *
     * @param newConsecutiveFailures 1 to 31. Default: 5
     */
    public Builder consecutiveFailures(int newConsecutiveFailures) {
      consecutiveFailures = Checks.between("consecutiveFailures", newConsecutiveFailures, 1, 31);
      return this;
    }

    /**
     * How many failed calls among the last {@value #WINDOW} eject an instance.
     *
     * @param newFailures 1 to {@value #WINDOW}. Default: 10
     */
    public Builder failures(int newFailures) {
      failures = Checks.between("failures", newFailures, 1, WINDOW);
      return this;
    }

    /**
     * How many times slower than the others an instance has to be to be ejected for it. A call is
     * slow that takes so many times the median of all instances, and at least 5 ms more. Where half
     * of the last {@value #WINDOW} calls of an instance are slow, it is ejected. A service that is
     * slow as a whole loses nobody by this: the median is its own. Needs three instances.
     *
     * @param newSlowerThan more than 1; {@link Double#POSITIVE_INFINITY}: slowness ejects nobody.
     *     Default: 5
     */
    public Builder slowerThan(double newSlowerThan) {
      if (!(newSlowerThan > 1)) {
        throw new IllegalArgumentException("slowerThan: " + newSlowerThan + " (expected: > 1)");
      }
      slowerThan = newSlowerThan;
      return this;
    }

    /**
     * How long an ejection lasts: the first one the base time, each one in a row twice as long.
     *
     * @param newBaseTime positive. Default: 5 s
     * @param newMaxTime at least the base time. Default: 60 s
     */
    public Builder time(Duration newBaseTime, Duration newMaxTime) {
      Durations.requirePositive(newBaseTime, "baseTime");
      if (newMaxTime.compareTo(newBaseTime) < 0) {
        throw new IllegalArgumentException(
            "maxTime: "
                + DurationText.of(newMaxTime)
                + " (expected: >= baseTime, "
                + DurationText.of(newBaseTime)
                + ")");
      }
      baseTime = newBaseTime;
      maxTime = newMaxTime;
      return this;
    }

    /**
     * The share of the instances that may be ejected at the same time; one is always left.
     *
     * @param newMaxEjectedShare 0 (no ejection) to 1. Default: 0.5
     */
    public Builder maxEjectedShare(double newMaxEjectedShare) {
      maxEjectedShare = Arguments.requireShare(newMaxEjectedShare, "maxEjectedShare");
      return this;
    }

    /**
     * How long an instance that comes back, or joins, takes to grow from a tenth to all of its
     * weight.
     *
     * @param newSlowStart zero (at once) or more. Default: 10 s
     */
    public Builder slowStart(Duration newSlowStart) {
      slowStart = Durations.requireNotNegative(newSlowStart, "slowStart");
      return this;
    }

    /** The settings. */
    public Ejection build() {
      return new Ejection(this);
    }
  }
}
