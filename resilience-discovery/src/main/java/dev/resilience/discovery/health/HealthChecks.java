package dev.resilience.discovery.health;

import dev.resilience.discovery.Checks;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * How often instances are checked, and when they count as healthy. Each instance has a timer of its
 * own, so that a slow check delays no other, and each check a context of its own, which ends with
 * the time-out.
 *
 * <pre>{@code
 * HealthChecks checks = HealthChecks.builder(HealthCheck.http("/health"))
 *     .interval(ofSeconds(2))
 *     .fall(2)
 *     .build();
 * }</pre>
 *
 * <p>Immutable.
 */
public final class HealthChecks {

  private final HealthCheck check;
  private final Duration interval;
  private final Duration timeout;
  private final int rise;
  private final int fall;
  private final double panicBelow;

  private HealthChecks(Builder builder) {
    this.check = builder.check;
    this.interval = builder.interval;
    this.timeout = builder.timeout;
    this.rise = builder.rise;
    this.fall = builder.fall;
    this.panicBelow = builder.panicBelow;
  }

  /** Checks with the defaults. */
  public static HealthChecks of(HealthCheck check) {
    return builder(check).build();
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder(HealthCheck check) {
    return new Builder(Objects.requireNonNull(check, "check"));
  }

  /** What is done. */
  public HealthCheck check() {
    return check;
  }

  /** From the end of one check to the beginning of the next. */
  public Duration interval() {
    return interval;
  }

  /** How long one check may take. */
  public Duration timeout() {
    return timeout;
  }

  /** How many good checks in a row make an unhealthy instance healthy. */
  public int rise() {
    return rise;
  }

  /** How many bad checks in a row make a healthy instance unhealthy. */
  public int fall() {
    return fall;
  }

  /** Below this share of healthy instances the checks are not trusted. */
  public double panicBelow() {
    return panicBelow;
  }

  /** The settings, for people. */
  @Override
  public String toString() {
    return "every "
        + DurationText.of(interval)
        + ", timeout "
        + DurationText.of(timeout)
        + ", rise "
        + rise
        + ", fall "
        + fall
        + ", panic below "
        + panicBelow;
  }

  /** Builds {@link HealthChecks}. Not thread-safe. */
  public static final class Builder {

    private final HealthCheck check;
    private Duration interval = Duration.ofSeconds(5);
    private Duration timeout = Duration.ofMillis(200);
    private int rise = 2;
    private int fall = 3;
    private double panicBelow = 0.3;

    private Builder(HealthCheck check) {
      this.check = check;
    }

    /**
     * From the end of one check to the beginning of the next; each time up to a fifth more or less.
     *
     * @param newInterval positive. Default: 5 s
     */
    public Builder interval(Duration newInterval) {
      interval = Durations.requirePositive(newInterval, "interval");
      return this;
    }

    /**
     * How long one check may take.
     *
     * @param newTimeout positive. Default: 200 ms
     */
    public Builder timeout(Duration newTimeout) {
      timeout = Durations.requirePositive(newTimeout, "timeout");
      return this;
    }

    /**
     * How many good checks in a row make an unhealthy instance healthy. The first check of an
     * instance decides alone.
     *
     * @param newRise 1 to 1000. Default: 2
     */
    public Builder rise(int newRise) {
      rise = Checks.between("rise", newRise, 1, 1000);
      return this;
    }

    /**
     * How many bad checks in a row make a healthy instance unhealthy.
     *
     * @param newFall 1 to 1000. Default: 3
     */
    public Builder fall(int newFall) {
      fall = Checks.between("fall", newFall, 1, 1000);
      return this;
    }

    /**
     * Where a smaller share of the checked instances than this is healthy, the checks are not
     * trusted and all instances are used.
     *
     * @param newPanicBelow 0 (never) to 1. Default: 0.3
     */
    public Builder panicBelow(double newPanicBelow) {
      panicBelow = Arguments.requireShare(newPanicBelow, "panicBelow");
      return this;
    }

    /** The settings. */
    public HealthChecks build() {
      return new HealthChecks(this);
    }
  }
}
