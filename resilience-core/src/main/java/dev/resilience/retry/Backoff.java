package dev.resilience.retry;

import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: a curve, and some randomness on it, so that callers
 * that failed together do not come back together.
 *
 * <pre>{@code
 * Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter()
 * Backoff.constant(ofMillis(200)).withJitter(0.1)
 * Backoff.list(ofMillis(10), ofMillis(100), ofSeconds(1))
 * }</pre>
 *
 * <p>Full, equal and decorrelated jitter are those of Marc Brooker, <a
 * href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential
 * Backoff And Jitter</a>, AWS Architecture Blog, 2015. Without a reason for another one take full
 * jitter.
 *
 * <p>An immutable value. Any number of attempts is fine; no delay exceeds 146 years.
 */
public final class Backoff {

  private static final Backoff NONE = new Backoff(new Curve.Constant(0), Jitter.NONE, 0);

  private final Curve curve;
  private final Jitter jitter;
  private final double ratio;

  private Backoff(Curve curve, Jitter jitter, double ratio) {
    this.curve = curve;
    this.jitter = jitter;
    this.ratio = ratio;
  }

  /** No delay at all: for what is cheap and fails seldom, such as a lost race. */
  public static Backoff none() {
    return NONE;
  }

  /**
   * Always the same delay.
   *
   * @param delay zero or more
   */
  public static Backoff constant(Duration delay) {
    return new Backoff(new Curve.Constant(notNegative(delay, "delay")), Jitter.NONE, 0);
  }

  /**
   * A delay that doubles with each attempt.
   *
   * @param first before the second attempt; positive
   * @param cap the longest delay; at least {@code first}
   */
  public static Backoff exponential(Duration first, Duration cap) {
    return exponential(first, cap, 2);
  }

  /**
   * A delay that grows by a factor with each attempt.
   *
   * @param first before the second attempt; positive
   * @param cap the longest delay; at least {@code first}
   * @param factor at least 1
   */
  public static Backoff exponential(Duration first, Duration cap, double factor) {
    long firstNanos = Durations.toNanos(Durations.requirePositive(first, "first"));
    long capNanos = notNegative(cap, "cap");
    if (capNanos < firstNanos) {
      throw new IllegalArgumentException(
          "cap: " + DurationText.of(cap) + " (expected: >= first, " + DurationText.of(first) + ")");
    }
    if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("factor: " + factor + " (expected: >= 1 and finite)");
    }
    return new Backoff(new Curve.Exponential(firstNanos, capNanos, factor), Jitter.NONE, 0);
  }

  /**
   * One delay after the other; the last one again and again after that.
   *
   * @param first before the second attempt; zero or more
   * @param others before the third attempt and so on; each zero or more
   */
  public static Backoff list(Duration first, Duration... others) {
    List<Long> nanos = new ArrayList<>(others.length + 1);
    nanos.add(notNegative(first, "first"));
    for (int i = 0; i < others.length; i++) {
      nanos.add(notNegative(others[i], "others[" + i + "]"));
    }
    return new Backoff(new Curve.Listed(List.copyOf(nanos)), Jitter.NONE, 0);
  }

  /**
   * A delay that is computed.
   *
   * @param delayAfter tells the delay, zero or more, from the number of the attempt that failed,
   *     from 1; must be thread-safe. What it throws ends the call
   */
  public static Backoff of(IntFunction<Duration> delayAfter) {
    Objects.requireNonNull(delayAfter, "delayAfter");
    return new Backoff(new Curve.Computed(delayAfter), Jitter.NONE, 0);
  }

  /** The same curve; each delay is drawn evenly from zero up to it. */
  public Backoff withFullJitter() {
    return new Backoff(curve, Jitter.FULL, 0);
  }

  /** The same curve; each delay is half of it and something drawn evenly from zero up to a half. */
  public Backoff withEqualJitter() {
    return new Backoff(curve, Jitter.EQUAL, 0);
  }

  /**
   * Each delay is drawn evenly from the first one up to three times the previous one, and is at
   * most the cap. Takes the place of the factor.
   *
   * @throws IllegalStateException if this back-off is not exponential, and so has no cap
   */
  public Backoff withDecorrelatedJitter() {
    if (!(curve instanceof Curve.Exponential)) {
      throw new IllegalStateException(
          "decorrelated jitter on "
              + this
              + " (expected: on an exponential back-off, for its cap)");
    }
    return new Backoff(curve, Jitter.DECORRELATED, 0);
  }

  /**
   * The same curve; each delay is up to so much shorter or longer, evenly. May exceed the cap.
   *
   * @param share of the delay, more than 0 and at most 1: 0.1 is ± 10 %
   */
  public Backoff withJitter(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: " + share + " (expected: > 0 and <= 1)");
    }
    return new Backoff(curve, Jitter.PLUS_MINUS, share);
  }

  /**
   * The delay after a failed attempt.
   *
   * @param attempt the number of the attempt that failed, from 1
   * @param previous the delay before that attempt; zero if it was the first
   * @param random the only source of randomness
   * @return zero or more
   */
  public Duration delay(int attempt, Duration previous, RandomGenerator random) {
    Arguments.requireAtLeastOne(attempt, "attempt");
    long nanos = curve.nanos(attempt);
    return Duration.ofNanos(
        switch (jitter) {
          case NONE -> nanos;
          case FULL -> upTo(nanos, random);
          case EQUAL -> nanos - nanos / 2 + upTo(nanos / 2, random);
          case PLUS_MINUS -> plusMinus(nanos, random);
          case DECORRELATED ->
              decorrelated((Curve.Exponential) curve, Durations.toNanos(previous), random);
        });
  }

  boolean hasJitter() {
    return jitter != Jitter.NONE;
  }

  private long plusMinus(long nanos, RandomGenerator random) {
    long spread = Math.min((long) (nanos * ratio), nanos);
    long most = Math.min(spread, TimeSource.MAX_AHEAD - nanos) + nanos;
    long least = nanos - spread;
    return least + upTo(most - least, random);
  }

  private static long decorrelated(Curve.Exponential curve, long previous, RandomGenerator random) {
    long least = curve.first();
    long from = Math.max(least, previous);
    long most = from > curve.cap() / 3 ? curve.cap() : from * 3;
    return least + upTo(Math.max(0, most - least), random);
  }

  private static long upTo(long nanos, RandomGenerator random) {
    return nanos == 0 ? 0 : random.nextLong(nanos + 1);
  }

  private static long notNegative(Duration duration, String name) {
    return Durations.toNanos(Durations.requireNotNegative(duration, name));
  }

  @Override
  public boolean equals(Object object) {
    return object instanceof Backoff other
        && curve.equals(other.curve)
        && jitter == other.jitter
        && ratio == other.ratio;
  }

  @Override
  public int hashCode() {
    return Objects.hash(curve, jitter, ratio);
  }

  @Override
  public String toString() {
    return switch (jitter) {
      case NONE -> curve.toString();
      case PLUS_MINUS -> curve + " ± " + ratio * 100 + " %";
      default -> curve + " with " + jitter.name().toLowerCase(java.util.Locale.ROOT) + " jitter";
    };
  }

  private enum Jitter {
    NONE,
    FULL,
    EQUAL,
    DECORRELATED,
    PLUS_MINUS
  }

  /** The delay after an attempt, before any jitter. */
  private sealed interface Curve {

    long nanos(int attempt);

    record Constant(long delay) implements Curve {

      @Override
      public long nanos(int attempt) {
        return delay;
      }

      @Override
      public String toString() {
        return delay == 0 ? "no delay" : DurationText.of(Duration.ofNanos(delay));
      }
    }

    record Exponential(long first, long cap, double factor) implements Curve {

      @Override
      public long nanos(int attempt) {
        // Infinity at worst, where multiplying longs would overflow.
        double grown = first * Math.pow(factor, attempt - 1);
        return grown >= cap ? cap : (long) grown;
      }

      @Override
      public String toString() {
        return DurationText.of(Duration.ofNanos(first))
            + " x "
            + factor
            + " up to "
            + DurationText.of(Duration.ofNanos(cap));
      }
    }

    record Computed(IntFunction<Duration> delayAfter) implements Curve {

      @Override
      public long nanos(int attempt) {
        Duration delay = delayAfter.apply(attempt);
        if (delay == null || delay.isNegative()) {
          throw new IllegalStateException(
              "a back-off gave "
                  + DurationText.of(delay)
                  + " after attempt "
                  + attempt
                  + " (expected: >= 0)");
        }
        return Durations.toNanos(delay);
      }

      @Override
      public String toString() {
        return "computed delays";
      }
    }

    record Listed(List<Long> delays) implements Curve {

      @Override
      public long nanos(int attempt) {
        return delays.get(Math.min(attempt, delays.size()) - 1);
      }

      @Override
      public String toString() {
        return delays.stream().map(Duration::ofNanos).map(DurationText::of).toList().toString();
      }
    }
  }
}
