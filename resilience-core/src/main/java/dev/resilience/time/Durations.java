package dev.resilience.time;

import static java.util.Objects.requireNonNull;

import dev.resilience.text.DurationText;
import java.time.Duration;

/**
 * Arithmetic on durations that saturates instead of overflowing. A server may ask for a delay of
 * {@code Long.MAX_VALUE} seconds and a user may configure one; neither may throw an {@link
 * ArithmeticException} or come out negative.
 *
 * <p>Every method cuts its arguments and its result to 146 years ({@link #MAX}) on either side.
 * That is as good as for ever, and any reading of a clock can be moved by it; see {@link
 * TimeSource#MAX_AHEAD}.
 */
public final class Durations {

  /** The longest duration that counts, {@link TimeSource#MAX_AHEAD} nanoseconds or 146 years. */
  public static final Duration MAX = Duration.ofNanos(TimeSource.MAX_AHEAD);

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private Durations() {}

  /** The duration in nanoseconds, within ± {@link TimeSource#MAX_AHEAD}. */
  public static long toNanos(Duration duration) {
    long seconds = duration.getSeconds();
    long limit = TimeSource.MAX_AHEAD / NANOS_PER_SECOND + 1;
    if (seconds > limit) {
      return TimeSource.MAX_AHEAD;
    }
    if (seconds < -limit) {
      return -TimeSource.MAX_AHEAD;
    }
    return cut(seconds * NANOS_PER_SECOND + duration.getNano());
  }

  /** The sum of two durations. */
  public static Duration plus(Duration one, Duration other) {
    // Two saturated values fit into a long: MAX_AHEAD is half its range.
    return Duration.ofNanos(cut(toNanos(one) + toNanos(other)));
  }

  /** The first duration less the second one. */
  public static Duration minus(Duration one, Duration other) {
    return Duration.ofNanos(cut(toNanos(one) - toNanos(other)));
  }

  /**
   * A multiple of a duration, or a fraction of one.
   *
   * @param factor not NaN
   */
  public static Duration multiply(Duration duration, double factor) {
    if (Double.isNaN(factor)) {
      throw new IllegalArgumentException("factor: NaN (expected: a number)");
    }
    // A product of zero and infinity is NaN, which becomes 0; a product out of range saturates.
    return Duration.ofNanos(cut((long) (toNanos(duration) * factor)));
  }

  /** The shorter of two durations. */
  public static Duration min(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }

  /** The longer of two durations. */
  public static Duration max(Duration one, Duration other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  /**
   * Returns an argument that must be positive.
   *
   * @param name of the argument, for the message
   * @throws IllegalArgumentException if it is zero or negative
   */
  public static Duration requirePositive(Duration duration, String name) {
    requireNonNull(duration, name);
    if (duration.isZero() || duration.isNegative()) {
      throw new IllegalArgumentException(
          name + ": " + DurationText.of(duration) + " (expected: > 0)");
    }
    return duration;
  }

  /**
   * Returns an argument that must not be negative.
   *
   * @param name of the argument, for the message
   * @throws IllegalArgumentException if it is negative
   */
  public static Duration requireNotNegative(Duration duration, String name) {
    if (requireNonNull(duration, name).isNegative()) {
      throw new IllegalArgumentException(
          name + ": " + DurationText.of(duration) + " (expected: >= 0)");
    }
    return duration;
  }

  private static long cut(long nanos) {
    return Math.max(-TimeSource.MAX_AHEAD, Math.min(TimeSource.MAX_AHEAD, nanos));
  }
}
