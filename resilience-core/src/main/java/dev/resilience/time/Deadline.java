package dev.resilience.time;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

/**
 * A moment on the monotonic clock of one {@link TimeSource}: by then, or not at all.
 *
 * <p>A jump of the wall clock moves no deadline. Deadlines of different time sources cannot be
 * compared; the attempt is refused. Durations beyond 146 years are cut to 146 years.
 *
 * <pre>{@code
 * Deadline deadline = Deadline.after(Duration.ofSeconds(2), TimeSource.system());
 * Duration left = deadline.timeLeft();
 * }</pre>
 *
 * <p>Immutable, and a value: two deadlines at the same moment of the same source are equal.
 */
public final class Deadline implements Comparable<Deadline> {

  private final TimeSource source;
  private final long nanos;

  private Deadline(TimeSource source, long nanos) {
    this.source = source;
    this.nanos = nanos;
  }

  /**
   * The deadline that passes after a time.
   *
   * @param time from now; zero or negative: it has passed already
   * @param source the time source to measure on
   */
  public static Deadline after(Duration time, TimeSource source) {
    Objects.requireNonNull(time, "time");
    Objects.requireNonNull(source, "source");
    return new Deadline(source, source.nanoTime() + Durations.toNanos(time));
  }

  /**
   * The deadline for an instant of the wall clock, converted to the monotonic clock once, now.
   *
   * @param instant of the wall clock of {@code source}
   * @param source the time source to convert and measure on
   */
  public static Deadline at(Instant instant, TimeSource source) {
    Objects.requireNonNull(instant, "instant");
    Objects.requireNonNull(source, "source");
    return after(Duration.between(source.instant(), instant), source);
  }

  /**
   * The deadline at a reading of {@link TimeSource#nanoTime}.
   *
   * @param nanos a moment on the scale of {@code source}
   * @param source the time source to measure on
   */
  public static Deadline atNanos(long nanos, TimeSource source) {
    return new Deadline(Objects.requireNonNull(source, "source"), nanos);
  }

  /** The moment, on the scale of {@link TimeSource#nanoTime} of {@link #source}. */
  public long nanos() {
    return nanos;
  }

  /** The time source that this deadline is measured on. */
  public TimeSource source() {
    return source;
  }

  /** Whether the moment has come. Reads the clock. */
  public boolean isPassed() {
    return nanos - source.nanoTime() <= 0;
  }

  /** The time until the deadline; negative when it has passed. Reads the clock. */
  public Duration timeLeft() {
    return Duration.ofNanos(nanos - source.nanoTime());
  }

  /**
   * Whether this deadline comes first.
   *
   * @throws IllegalArgumentException if {@code other} is of another time source
   */
  public boolean isBefore(Deadline other) {
    return compareTo(other) < 0;
  }

  /**
   * Orders by time.
   *
   * @throws IllegalArgumentException if {@code other} is of another time source
   */
  @Override
  public int compareTo(Deadline other) {
    if (source != other.source) {
      throw new IllegalArgumentException(
          "other: a deadline of "
              + SafeText.of(other.source)
              + " (expected: one of "
              + SafeText.of(source)
              + ")");
    }
    return Long.signum(nanos - other.nanos);
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Deadline other && source == other.source && nanos == other.nanos;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(nanos);
  }

  /** The time left, for people. */
  @Override
  public String toString() {
    Duration left = timeLeft();
    return left.isNegative()
        ? "passed " + DurationText.of(left.negated()) + " ago"
        : "in " + DurationText.of(left);
  }
}
