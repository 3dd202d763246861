package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.policy.Verdict;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how long what is inside it may take, that follows the durations of recent calls: by
 * default twice their 95th percentile, between a floor and a ceiling.
 *
 * <pre>{@code
 * var timeout = AdaptiveTimeout.builder("quotes").percentile(0.95).multiplier(2)
 *                              .between(ofMillis(50), ofSeconds(2)).build();
 * var breaker = Breaker.builder("quotes").listener(timeout.circuitListener()).build();
 *
 * Resilience quotes = Resilience.of(retry, breaker, timeout);
 * }</pre>
 *
 * <p>What happens at the limit, and to work that does not stop, is told at {@link FixedTimeout}.
 *
 * <h2>What counts</h2>
 *
 * A call that succeeded counts with its duration. One that was cut off, by the limit or by its
 * caller's deadline, counts as "at least this long"; were it left out, each time-out would lower
 * the percentile and so cause more of them, until all calls fail. The percentile is the estimate of
 * Kaplan and Meier, which is made for such samples: a call that a hurried caller cut off early
 * changes next to nothing, and one that ran into the limit counts among the slow ones. Where so
 * many were cut off that the percentile cannot be seen, it is taken to lie at the limit, which then
 * grows by the factor each time. Three calls in a row that ran into the limit double it at once, as
 * TCP doubles the time after which it sends again; calls that fit into the former limit bring it
 * back. A call that its caller cancelled counts nowhere, nor does one that was rejected or failed,
 * unless the {@linkplain Builder#classifier classifier} says otherwise.
 *
 * <p>The window holds about the last thousand calls of the last thirty seconds; where calls are
 * rarer, the last ten at least. Until there are ten, the {@linkplain Builder#startingAt starting
 * limit} holds, which is the ceiling. While a circuit is open, of which {@link #circuitListener}
 * hears, nothing is learned; what its probes show is.
 *
 * <p>Place it inside of retries: outside, it would learn the durations of all attempts together.
 *
 * <p>Thread-safe; one object serves any number of calls, all of one time source. A call costs what
 * it costs with a {@link FixedTimeout}, and one more reading of the clock and about 10 ns; with
 * many threads no more, because each counts for itself. The limit is read in about 2 ns. Each
 * object holds some 30 kB, and 3 kB more for each of up to 16 threads that use it at once.
 *
 * @see <a href="https://doi.org/10.1080/01621459.1958.10501452">Kaplan, Meier: Nonparametric
 *     Estimation from Incomplete Observations</a>
 */
public final class AdaptiveTimeout implements ContextPolicy {

  private static final Logger LOG = System.getLogger(AdaptiveTimeout.class.getName());

  private final AdaptiveLimit limit;
  private final TimeLimiter enforcer;
  private final Classifier classifier;
  private final AttemptListener gauge;
  private final PolicyListener circuitListener;
  private final TimeSourceGuard time;

  AdaptiveTimeout(
      AdaptiveLimit.Settings settings, TimeoutConfig enforcement, Classifier classifier) {
    this.limit = new AdaptiveLimit(settings);
    this.enforcer = enforcement.enforcer();
    this.classifier = classifier;
    TimeoutMonitor monitor = enforcement.monitor();
    this.gauge =
        AttemptListener.both(new Learning(), monitor == null ? null : monitor.gauge(name()));
    this.circuitListener = new FreezeWhileCircuitOpen(limit);
    this.time = TimeSourceGuard.of(name());
  }

  /**
   * Returns a time-out with all defaults: twice the 95th percentile, between 500 ms and 2 s.
   *
   * @param name for messages, events and threads
   */
  public static AdaptiveTimeout ofDefaults(String name) {
    return builder(name).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages, events and threads
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name in events, messages, and of the threads of the isolated mode. */
  public String name() {
    return enforcer.name();
  }

  /** How long an attempt that begins now may take. */
  public Duration limit() {
    return limit.limit();
  }

  /** The numbers behind the limit. Waits for a moment if they are just being renewed. */
  public AdaptiveTimeoutSnapshot snapshot() {
    return limit.snapshot(name());
  }

  /** How much work runs on just now although its time was up. */
  public int stillRunning() {
    return enforcer.stillRunning();
  }

  /** How often so far a caller was let go while its work still ran: isolated or asynchronous. */
  public long abandonedCount() {
    return enforcer.abandonedCount();
  }

  /**
   * Hears from circuit breakers when this has to freeze: while a circuit is open. A half-open one
   * lets this learn, or the probes would be judged by a limit that may be the reason why they fail.
   * Give it to each breaker around this; it may hear of any number, and other events do nothing to
   * it.
   *
   * <p>A breaker that is thrown away while its circuit is open leaves this frozen.
   */
  public PolicyListener circuitListener() {
    return circuitListener;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    time.check(ctx);
    return enforcer.call(limit.limit(), gauge, ctx, next, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    try {
      time.check(ctx);
    } catch (IllegalArgumentException mixed) {
      return CompletableFuture.failedFuture(mixed);
    }
    return enforcer.callAsync(limit.limit(), gauge, ctx, next, work);
  }

  @Override
  public Optional<Duration> timeout() {
    return Optional.of(limit.limit());
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  /** The name and the limit of this moment. */
  @Override
  public String toString() {
    return enforcer.describe("adaptive, now " + DurationText.of(limit.limit()));
  }

  /** Turns outcomes into samples. A rule that fails makes none: the call is not to suffer. */
  private final class Learning implements AttemptListener {

    @Override
    public void returned(@Nullable Object result, Duration itsLimit, long ran, long now) {
      try {
        learn(classifier.judgeResult(result), ran, now);
      } catch (Throwable brokenRule) {
        log(brokenRule);
      }
    }

    @Override
    public void failed(Context caller, Throwable thrown, Duration itsLimit, long ran, long now) {
      try {
        learn(classifier.judge(caller, thrown), ran, now);
      } catch (Throwable brokenRule) {
        log(brokenRule);
      }
    }

    private void log(Throwable brokenRule) {
      SafeText.log(LOG, Level.WARNING, name() + ": a rule of the classifier failed", brokenRule);
    }

    private void learn(Verdict verdict, long ran, long now) {
      switch (verdict.sample()) {
        case EXACT -> limit.ended(ran, now);
        case AT_LEAST -> limit.cutOff(ran, now);
        case NONE -> {}
      }
    }
  }

  /** Builds an {@link AdaptiveTimeout}. Not thread-safe. */
  public static final class Builder {

    private static final int FEWEST_IN_WINDOW = 100;

    private final TimeoutConfig enforcement;
    private double percentile = 0.95;
    private double multiplier = 2;
    private Duration floor = Duration.ofMillis(500);
    private Duration ceiling = Duration.ofSeconds(2);
    private @Nullable Duration startingAt;
    private int minSamples = 10;
    private Duration window = Duration.ofSeconds(30);
    private int windowCalls = 1000;
    private Classifier classifier = Classifier.ofDefaults();

    private Builder(String name) {
      enforcement = new TimeoutConfig(name);
    }

    /**
     * Which percentile of the durations to follow.
     *
     * @param newPercentile more than 0 and less than 1. Default: 0.95
     */
    public Builder percentile(double newPercentile) {
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
    public Builder multiplier(double factor) {
      if (!(factor >= 1 && factor <= 100)) {
        throw new IllegalArgumentException("multiplier: " + factor + " (expected: 1 to 100)");
      }
      multiplier = factor;
      return this;
    }

    /**
     * Where the limit stays, whatever the percentile. Default: 500 ms and 2 s
     *
     * <p>The floor is what a pause may take of a service that usually answers at once: a collection
     * of garbage, a switch of the network. With a floor of 50 ms each pause of 300 ms fails calls
     * that would have had their answer. Choose a lower one where a retry or a fallback is at hand.
     *
     * @param newFloor positive
     * @param newCeiling at least the floor, at most a day
     */
    public Builder between(Duration newFloor, Duration newCeiling) {
      Durations.requirePositive(newFloor, "floor");
      Objects.requireNonNull(newCeiling, "ceiling");
      if (newCeiling.compareTo(newFloor) < 0 || newCeiling.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "ceiling: "
                + DurationText.of(newCeiling)
                + " (expected: from "
                + DurationText.of(newFloor)
                + ", the floor, to a day)");
      }
      floor = newFloor;
      ceiling = newCeiling;
      return this;
    }

    /**
     * The limit until there are enough samples. Too short a one fails calls to a healthy service
     * that is called for the first time; the limit grows out of it, as each of these says "at least
     * this long".
     *
     * @param newLimit from the floor to the ceiling. Default: the ceiling
     */
    public Builder startingAt(Duration newLimit) {
      startingAt = Objects.requireNonNull(newLimit, "startingAt");
      return this;
    }

    /**
     * How many samples it takes to leave the starting limit.
     *
     * @param samples from 1 to half of the calls in the window. Default: 10
     */
    public Builder minSamples(int samples) {
      minSamples = Arguments.requireAtLeastOne(samples, "minSamples");
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
    public Builder window(Duration time, int calls) {
      Durations.requirePositive(time, "time");
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
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /** As {@link FixedTimeout.Builder#isolated}. Default: the caller's thread. */
    public Builder isolated() {
      enforcement.isolated();
      return this;
    }

    /**
     * As {@link FixedTimeout.Builder#maxThreads}.
     *
     * @param newMaxThreads at least 1. Default: 256
     */
    public Builder maxThreads(int newMaxThreads) {
      enforcement.maxThreads(newMaxThreads);
      return this;
    }

    /** Hears of limits that passed, of abandoned work and of late results. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      enforcement.listener(newListener);
      return this;
    }

    /** Is told how long each call took, under the {@link #name} of this. Default: nobody. */
    public Builder monitor(TimeoutMonitor newMonitor) {
      enforcement.monitor(newMonitor);
      return this;
    }

    /** The policy. */
    public AdaptiveTimeout build() {
      return new AdaptiveTimeout(settings(), enforcement, classifier);
    }

    private AdaptiveLimit.Settings settings() {
      Duration start = startingAt == null ? ceiling : startingAt;
      if (start.compareTo(floor) < 0 || start.compareTo(ceiling) > 0) {
        throw new IllegalArgumentException(
            "startingAt: "
                + DurationText.of(start)
                + " (expected: from "
                + DurationText.of(floor)
                + " to "
                + DurationText.of(ceiling)
                + ")");
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
          percentile, multiplier, floor, ceiling, start, minSamples, window, windowCalls);
    }
  }
}
