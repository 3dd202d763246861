package dev.resilience.chaos;

import static java.util.Objects.requireNonNull;

import dev.resilience.policy.Action;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Chaos} does to a share of the calls. Immutable; the functions in it must be
 * thread-safe.
 */
public final class Fault {

  /** What happens to a call that a fault hits. */
  public enum Kind {
    /** It fails, and the dependency is not called. */
    ERROR,
    /** It gets a result that the dependency did not give. */
    RESULT,
    /** It waits before the dependency is called. */
    SLOW,
    /** It is rejected. */
    REJECT,
    /** It waits until its context ends. */
    HANG,
    /** Code of the user's runs before the dependency is called. */
    BEHAVIOUR
  }

  private final Kind kind;
  private final double rate;
  private final Duration least;
  private final Duration most;
  private final @Nullable Supplier<?> supplier;
  private final @Nullable Action<?> action;

  private Fault(
      Kind kind, double rate, @Nullable Supplier<?> supplier, @Nullable Action<?> action) {
    this(kind, rate, Duration.ZERO, Duration.ZERO, supplier, action);
  }

  private Fault(
      Kind kind,
      double rate,
      Duration least,
      Duration most,
      @Nullable Supplier<?> supplier,
      @Nullable Action<?> action) {
    Arguments.requireShare(rate, "rate");
    this.kind = kind;
    this.rate = rate;
    this.least = least;
    this.most = most;
    this.supplier = supplier;
    this.action = action;
  }

  /**
   * Calls fail with an {@link InjectedFailureException}.
   *
   * @param rate the share of the calls, 0 to 1
   */
  public static Fault error(double rate) {
    return new Fault(Kind.ERROR, rate, null, null);
  }

  /**
   * Calls fail with an exception of the dependency's kind.
   *
   * @param rate the share of the calls, 0 to 1
   * @param failure makes one for each call; one that throws fails the call with what it throws. A
   *     checked exception should be one that the work may throw, too
   */
  public static Fault error(double rate, Supplier<? extends Throwable> failure) {
    return new Fault(Kind.ERROR, rate, requireNonNull(failure, "failure"), null);
  }

  /**
   * Calls get a result that the dependency did not give: a status of 503, an empty page.
   *
   * @param rate the share of the calls, 0 to 1
   * @param result makes one for each call; of the type that the work returns, or the caller meets a
   *     {@link ClassCastException}
   */
  public static Fault result(double rate, Supplier<?> result) {
    return new Fault(Kind.RESULT, rate, requireNonNull(result, "result"), null);
  }

  /**
   * Calls wait before the dependency is called, until their context ends at the latest.
   *
   * @param rate the share of the calls, 0 to 1
   * @param latency positive
   */
  public static Fault slow(double rate, Duration latency) {
    Durations.requirePositive(latency, "latency");
    return new Fault(Kind.SLOW, rate, latency, latency, null, null);
  }

  /**
   * Calls wait for a random time before the dependency is called, evenly spread.
   *
   * @param rate the share of the calls, 0 to 1
   * @param least positive
   * @param most at least {@code least}
   */
  public static Fault slow(double rate, Duration least, Duration most) {
    Durations.requirePositive(least, "least");
    if (most.compareTo(least) < 0) {
      throw new IllegalArgumentException(
          "most: "
              + DurationText.of(most)
              + " (expected: at least "
              + DurationText.of(least)
              + ")");
    }
    return new Fault(Kind.SLOW, rate, least, most, null, null);
  }

  /**
   * Calls are rejected with an {@link InjectedRejectionException}.
   *
   * @param rate the share of the calls, 0 to 1
   */
  public static Fault reject(double rate) {
    return new Fault(Kind.REJECT, rate, null, null);
  }

  /**
   * Calls wait until their context ends. Where no time-out and no deadline is on the way they wait
   * until the fault is taken away.
   *
   * @param rate the share of the calls, 0 to 1
   */
  public static Fault hang(double rate) {
    return new Fault(Kind.HANG, rate, null, null);
  }

  /**
   * Code runs before the dependency is called: restart it, fill its disk, evict its cache.
   *
   * @param rate the share of the calls, 0 to 1
   * @param behaviour runs on the caller's thread, of asynchronous calls, too; fails the call with
   *     what it throws
   */
  public static Fault behaviour(double rate, Action<?> behaviour) {
    return new Fault(Kind.BEHAVIOUR, rate, null, requireNonNull(behaviour, "behaviour"));
  }

  /** What happens to a call. */
  public Kind kind() {
    return kind;
  }

  /** The share of the calls that are hit, 0 to 1. */
  public double rate() {
    return rate;
  }

  /** The failure of an {@link Kind#ERROR}. */
  Throwable failure(String policy) {
    return supplier == null
        ? new InjectedFailureException(policy)
        : (Throwable) requireNonNull(supplier.get(), "failure");
  }

  /** The result of a {@link Kind#RESULT}, of which only the user knows the type. */
  @Nullable Object result() {
    return supplier == null ? null : supplier.get();
  }

  Action<?> action() {
    return requireNonNull(action);
  }

  /** How long a {@link Kind#SLOW} call waits. */
  Duration latency(double share) {
    return least.plus(Durations.multiply(most.minus(least), share));
  }

  /** The kind, and of a slow one for how long: what a report says of a call. */
  String what() {
    String name = kind.name().toLowerCase(Locale.ROOT);
    if (kind != Kind.SLOW) {
      return name;
    }
    String from = name + " by " + DurationText.of(least);
    return least.equals(most) ? from : from + " to " + DurationText.of(most);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s, %.3g %% of the calls", what(), 100 * rate);
  }
}
