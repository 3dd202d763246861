package dev.resilience.breaker;

import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Says what a {@link Breaker} does; made with {@link Breaker#builder}. Not thread-safe. */
public final class BreakerBuilder {

  private final String name;
  private double failureRate = 0.5;
  private int windowCalls = 20;
  private @Nullable Duration windowTime;
  private double slowRate = Thresholds.NO_RATE;
  private long slowAfter = Long.MAX_VALUE;
  private boolean watchesRunning;
  private @Nullable Integer minimumCalls;
  private @Nullable Integer consecutiveFailures;
  private Duration openFor = Duration.ofSeconds(10);
  private int halfOpenPermits = 1;
  private int closeAfter = 1;
  private Duration probeTimeout = Duration.ofMinutes(1);
  private Classifier classifier = Classifier.ofDefaults();
  private PolicyListener listener = PolicyListener.none();

  BreakerBuilder(String name) {
    this.name = Objects.requireNonNull(name, "name");
    if (name.isBlank()) {
      throw new IllegalArgumentException("name: '" + name + "' (expected: not blank)");
    }
  }

  /**
   * The share of failures in the window at which the circuit opens.
   *
   * @param share more than 0 and at most 1. Default: 0.5
   */
  public BreakerBuilder failureRate(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("failureRate: " + share + " (expected: > 0 and <= 1)");
    }
    failureRate = share;
    return this;
  }

  /**
   * How many of the latest results the window holds; up to 63 are the cheapest.
   *
   * @param calls 1 to 1,000,000. Default: 20
   */
  public BreakerBuilder window(int calls) {
    if (calls < 1 || calls > 1_000_000) {
      throw new IllegalArgumentException("window: " + calls + " (expected: 1 to 1000000)");
    }
    windowCalls = calls;
    windowTime = null;
    return this;
  }

  /**
   * How long the window is, which then holds all the results of that time: for traffic that varies.
   * It moves in ten steps. Costs a reading of the clock for each call. Takes the place of a number
   * of calls.
   *
   * @param time 10 ns to one day
   */
  public BreakerBuilder window(Duration time) {
    if (Objects.requireNonNull(time, "over").compareTo(Duration.ofNanos(TimeWindow.SLICES)) < 0
        || time.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("window: " + time + " (expected: 10 ns to 1 day)");
    }
    windowTime = time;
    return this;
  }

  /**
   * Opens also when too many calls are slow, whatever they come to. A slow probe opens the circuit
   * again. And a call that the caller's deadline cuts off counts as a failure only if it had that
   * much time, where no inner limit tells. Costs two readings of the clock for each call.
   *
   * @param share of slow calls in the window; more than 0 and at most 1
   * @param atLeast how long a slow call takes; positive. Default: no call is slow
   */
  public BreakerBuilder slowCallRate(double share, Duration atLeast) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("slowCallRate: " + share + " (expected: > 0 and <= 1)");
    }
    slowAfter = Deadline.saturatedNanos(positive(atLeast, "atLeast"));
    slowRate = share;
    return this;
  }

  /**
   * Counts a call as slow as soon as it has run for so long, and not only when it returns: for a
   * dependency that hangs. How it ends then does not matter any more. Costs a timer for each call.
   * Default: when it returns.
   */
  public BreakerBuilder countSlowWhileRunning() {
    watchesRunning = true;
    return this;
  }

  /**
   * With fewer results than this the failure rate says nothing.
   *
   * @param calls at least 1 and at most the size of the window. Default: half of that, rounded up;
   *     10 where the window is a time
   */
  public BreakerBuilder minimumCalls(int calls) {
    minimumCalls = atLeastOne(calls, "minimumCalls");
    return this;
  }

  /**
   * Opens also after so many failures in a row, however few results there are.
   *
   * @param failures at least 1 and at most the size of the window. Default: does not
   */
  public BreakerBuilder consecutiveFailures(int failures) {
    consecutiveFailures = atLeastOne(failures, "consecutiveFailures");
    return this;
  }

  /**
   * How long the circuit stays open before it is probed.
   *
   * @param time positive. Default: 10 s
   */
  public BreakerBuilder openFor(Duration time) {
    openFor = positive(time, "openFor");
    return this;
  }

  /**
   * How many calls a half-open circuit lets through at once.
   *
   * @param permits 1 to 1000. Default: 1
   */
  public BreakerBuilder halfOpenPermits(int permits) {
    if (permits < 1 || permits > 1000) {
      throw new IllegalArgumentException("halfOpenPermits: " + permits + " (expected: 1 to 1000)");
    }
    halfOpenPermits = permits;
    return this;
  }

  /**
   * How many probes have to succeed before the circuit closes.
   *
   * @param successes at least 1; may be more than the permits. Default: 1
   */
  public BreakerBuilder closeAfter(int successes) {
    closeAfter = atLeastOne(successes, "closeAfter");
    return this;
  }

  /**
   * How long a probe may hold its permit before another call may take it over. Give it longer than
   * any call takes that you would still call a success.
   *
   * @param time positive. Default: 1 min
   */
  public BreakerBuilder probeTimeout(Duration time) {
    probeTimeout = positive(time, "probeTimeout");
    return this;
  }

  /** Judges what became of a call. Default: {@link Classifier#ofDefaults}. */
  public BreakerBuilder classifier(Classifier newClassifier) {
    classifier = Objects.requireNonNull(newClassifier, "classifier");
    return this;
  }

  /** Hears of each change of the state, once. Default: nobody. */
  public BreakerBuilder listener(PolicyListener newListener) {
    listener = PolicyListener.contained(newListener);
    return this;
  }

  /**
   * The breaker, closed.
   *
   * @throws IllegalArgumentException if the window is smaller than what is asked of it
   */
  public Breaker build() {
    int usual = windowTime != null ? 10 : (windowCalls + 1) / 2;
    int minimum = minimumCalls != null ? minimumCalls : usual;
    int inARow = consecutiveFailures != null ? consecutiveFailures : Thresholds.NEVER;
    if (windowTime == null) {
      fitsTheWindow(minimum, "minimumCalls");
      if (inARow != Thresholds.NEVER) {
        fitsTheWindow(inARow, "consecutiveFailures");
      }
    }
    if (watchesRunning && slowAfter == Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "countSlowWhileRunning: no slowCallRate (expected: one that says what is slow)");
    }
    return new Breaker(
        new BreakerConfig(
            name,
            new Thresholds(failureRate, slowRate, minimum, inARow),
            windowCalls,
            windowTime == null ? 0 : windowTime.toNanos(),
            slowAfter,
            watchesRunning,
            Deadline.saturatedNanos(openFor),
            halfOpenPermits,
            closeAfter,
            Deadline.saturatedNanos(probeTimeout),
            classifier,
            listener));
  }

  private void fitsTheWindow(int value, String argument) {
    if (value > windowCalls) {
      throw new IllegalArgumentException(
          argument + ": " + value + " (expected: <= " + windowCalls + ", the window)");
    }
  }

  private static int atLeastOne(int value, String argument) {
    if (value < 1) {
      throw new IllegalArgumentException(argument + ": " + value + " (expected: >= 1)");
    }
    return value;
  }

  private static Duration positive(Duration value, String argument) {
    if (Objects.requireNonNull(value, argument).compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException(argument + ": " + value + " (expected: positive)");
    }
    return value;
  }
}
