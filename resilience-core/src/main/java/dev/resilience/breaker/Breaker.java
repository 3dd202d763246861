package dev.resilience.breaker;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.Failures;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker: stops calling a dependency that fails, and finds out with a few probes when it
 * is well again.
 *
 * <pre>{@code
 * Breaker breaker = Breaker.builder("payments")
 *     .failureRate(0.5).window(20)
 *     .openFor(ofSeconds(5))
 *     .build();
 * Quote quote = Resilience.of(retry, breaker).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li><em>Closed</em>, it counts the latest results, by number or by time, and opens when too
 *       many of them are failures, or too many are slow.
 *   <li><em>Open</em>, it rejects calls with a {@link CircuitOpenException}. The first call after
 *       {@link Builder#openFor(Duration)} makes it half-open; no timer runs.
 *   <li><em>Half-open</em>, it lets through at most {@link Builder#halfOpenPermits} calls at once,
 *       and only such as have time for an answer. {@link Builder#closeAfter} successes close it, a
 *       failure or a slow call opens it again.
 * </ul>
 *
 * What is a failure is judged by a {@link Classifier}; its {@link Verdict#evidence} rules. What
 * says nothing of the dependency, above all a call that its caller cancelled, counts nowhere and
 * gives its permit back.
 *
 * <p><em>Slowness is not failure.</em> A call that runs into the time-out inside or into its
 * caller's deadline opens the circuit only when next to nothing gets through for {@link
 * Builder#timeoutsOpenAfter a while}, or where {@link Builder#countTimeoutsAsFailures} asks for it.
 * A dependency of which half of the calls come in time is more useful than none.
 *
 * <p>A result counts only in the generation (the time between two changes) that let its call
 * through. A permit of a probe that does not return expires after {@link Builder#probeTimeout} and
 * may be taken over; the late result then counts no more. An asynchronous call counts when its
 * stage completes or its caller ends, whichever comes first.
 *
 * <p>A probe has time for an answer if it has the {@linkplain ContextPolicy#timeout time-out}
 * inside the breaker left, or, where there is none, twice the usual duration. If nobody has that
 * much, less and less is asked for, so that the circuit is probed in any case.
 *
 * <p>Times are those of the calling context. A breaker measures on one clock only: under a second
 * time source it throws an {@link IllegalArgumentException} as soon as it would have to measure.
 *
 * <p>By hand it can be {@linkplain #forceOpen held open}, {@linkplain #forceClosed held closed},
 * {@linkplain #metricsOnly made to watch only}, and {@linkplain #reset reset}.
 *
 * <p>Thread-safe, without a lock. A closed circuit allocates nothing, and reads no clock unless its
 * window is a time (once for each call) or calls may be slow (twice); the first sixteen calls after
 * a change of state are measured to learn their usual duration. A success that finds a full window
 * of successes is one volatile read, any other result one compare-and-set (windows of more than 31
 * calls, or with slow calls: up to four; windows of a time: one to three, and ten reads while there
 * is anything bad in them). To count slow calls while they run costs a timer for each.
 */
public final class Breaker implements ContextPolicy {

  private static final long NOT_MEASURED = Long.MIN_VALUE;

  private final BreakerConfig config;
  private final Classifier classifier;
  private final UsualDuration usual = new UsualDuration();
  private final BreakerCounters counters = new BreakerCounters();
  private final StateMachine machine;

  private Breaker(BreakerConfig config) {
    this.config = config;
    this.classifier = config.classifier();
    this.machine = new StateMachine(config, usual);
  }

  /**
   * Returns a breaker with all defaults: half of the last 20 calls, open for 10 s.
   *
   * @param name of the dependency, for messages and events
   */
  public static Breaker ofDefaults(String name) {
    return builder(name).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name of the dependency, for messages and events
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name of the dependency. */
  public String name() {
    return config.name();
  }

  /** The state of the circuit; one whose time is over reads as open until the next call. */
  public Circuit state() {
    return machine.state().circuit();
  }

  /** The numbers now. */
  public BreakerSnapshot snapshot() {
    return new BreakerSnapshot(
        config, machine.state(), machine.now(), counters, machine.openedCount());
  }

  /** Whether the breaker decides by itself. */
  public BreakerMode mode() {
    return machine.state().mode();
  }

  /**
   * Closes the circuit with an empty window, whatever its state, and lets the breaker decide by
   * itself. Calls that are under way count no more.
   */
  public void reset() {
    machine.force(machine.closed(BreakerMode.AUTOMATIC), "reset by hand");
  }

  /** Rejects all calls until told otherwise. Calls that are under way count no more. */
  public void forceOpen() {
    machine.force(Open.forced(), "forced open");
  }

  /**
   * Lets all calls through until told otherwise, and keeps no results. Calls that are under way
   * count no more.
   */
  public void forceClosed() {
    machine.force(machine.closed(BreakerMode.FORCED_CLOSED), "forced closed");
  }

  /**
   * Lets all calls through until told otherwise, and keeps results in an empty window for show: to
   * try settings in production before they do anything.
   */
  public void metricsOnly() {
    machine.force(machine.closed(BreakerMode.METRICS_ONLY), "metrics only");
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long start = start(ctx);
    Admission admission = admit(ctx, next, start);
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      settleFailure(admission, ctx, start, failure);
      throw failure;
    }
    settleResult(admission, ctx, start, result);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    long start;
    Admission admission;
    try {
      start = start(ctx);
      admission = admit(ctx, next, start);
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
    }
    CompletionStage<T> stage = next.callAsync(ctx, work);
    CompletableFuture<T> done = Stages.completed(stage);
    if (done == null || done.isCompletedExceptionally()) {
      return follow(stage, admission, ctx, start);
    }
    try {
      settleResult(admission, ctx, start, done.join());
      return done;
    } catch (Throwable broken) {
      return CompletableFuture.failedFuture(broken);
    }
  }

  /** A stage that completes as the other one does, after that was counted. */
  private <T extends @Nullable Object> CompletionStage<T> follow(
      CompletionStage<T> stage, Admission admission, Context ctx, long start) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Stages.watch(
        stage,
        answer,
        (value, failure) -> {
          if (failure == null) {
            settleResult(admission, ctx, start, value);
          } else {
            settleFailure(admission, ctx, start, failure);
          }
          Stages.complete(answer, value, failure);
        });
    return answer;
  }

  /**
   * Lets one call through that cannot be given to {@link #call}, or rejects it. Its outcome is
   * {@linkplain BreakerPermit told} by hand.
   *
   * <pre>{@code
   * try (BreakerPermit permit = breaker.acquire(ctx)) {
   *   try {
   *     Reply reply = client.send(request);
   *     permit.recordResult(reply);
   *   } catch (Exception e) {
   *     permit.recordFailure(e);
   *     throw e;
   *   }
   * }
   * }</pre>
   *
   * @param ctx the caller's context
   * @throws CircuitOpenException if the circuit lets the call not through
   */
  @MustBeClosed
  public BreakerPermit acquire(Context ctx) {
    ctx.throwIfDone();
    long start = start(ctx);
    return new BreakerPermit(this, admit(ctx, null, start), ctx, start);
  }

  /** Looks at the time source before anything is lent, and at its clock if that is needed. */
  private long start(Context ctx) {
    if (config.measures()) {
      machine.timeOf(ctx);
    }
    return config.knowsSlow() || usual.isWatching() ? ctx.timeSource().nanoTime() : NOT_MEASURED;
  }

  private Admission admit(Context ctx, @Nullable Next next, long start) {
    Admission admission =
        machine.state() instanceof Closed closed ? closed : admitUnlessOpen(ctx, next);
    return config.watchesRunning()
        ? RunningSlowCall.until(start + config.slowAfter(), machine, ctx, admission)
        : admission;
  }

  private Admission admitUnlessOpen(Context ctx, @Nullable Next next) {
    long now = machine.timeOf(ctx).nanoTime();
    while (true) {
      State current = machine.state();
      if (current instanceof Closed closed) {
        return closed;
      }
      if (current instanceof HalfOpen halfOpen) {
        Probe probe = hasTime(ctx, next, halfOpen, now) ? halfOpen.tryAcquire(now) : null;
        if (probe == null) {
          throw rejected(ctx, CircuitOpenException.whileProbed(config.name()));
        }
        if (machine.state() == halfOpen) {
          return probe;
        }
        probe.release();
      } else if (current instanceof Open open) {
        if (open.isForced()) {
          throw rejected(ctx, new CircuitOpenException(config.name()));
        }
        long left = open.timeLeft(now);
        if (left > 0) {
          throw rejected(ctx, new CircuitOpenException(config.name(), Duration.ofNanos(left)));
        }
        machine.perform(new Transition(open, Circuit.HALF_OPEN, "time to probe"), ctx);
      }
    }
  }

  /** Whether a call has time for an answer; a probe that has not would tell nothing. */
  private boolean hasTime(Context ctx, @Nullable Next next, HalfOpen halfOpen, long now) {
    Deadline deadline = ctx.deadline().orElse(null);
    if (deadline == null) {
      return true;
    }
    Optional<Duration> timeout = next == null ? Optional.empty() : next.timeout();
    long needed = timeout.map(Durations::toNanos).orElseGet(usual::withMargin);
    return deadline.nanos() - now >= halfOpen.demand(needed, now);
  }

  private CircuitOpenException rejected(Context ctx, CircuitOpenException rejection) {
    counters.rejected.increment();
    if (config.hasListener()) {
      config.listener().on(ctx, new PolicyEvent.Rejected(config.name(), rejection));
    }
    return rejection;
  }

  /**
   * Counts what came out of a call, and gives back what it held, whatever the user's rules throw.
   */
  void settleFailure(Admission admission, Context ctx, long start, Throwable failure) {
    try {
      long now = now(ctx, start);
      // A call that was cut off had a fair chance if it was slow; where none is, any time is fair.
      boolean fairChance = !config.knowsSlow() || isSlow(start, now);
      settle(admission, ctx, classifier.judge(ctx, failure, fairChance), start, now);
    } catch (Throwable broken) {
      admission.release();
      Failures.suppress(broken, failure);
      throw broken;
    }
  }

  void settleResult(Admission admission, Context ctx, long start, @Nullable Object result) {
    try {
      settle(admission, ctx, classifier.judgeResult(result), start, now(ctx, start));
    } catch (Throwable broken) {
      admission.release();
      throw broken;
    }
  }

  private void settle(Admission admission, Context ctx, Verdict verdict, long start, long now) {
    if (start != NOT_MEASURED) {
      learn(verdict, now - start);
    }
    Transition change =
        switch (verdict.evidence()) {
          case SUCCESS -> {
            if (config.countsSuccesses()) {
              counters.succeeded.increment();
            }
            yield admission.settle(Result.SUCCESS, isSlow(start, now), now);
          }
          case FAILURE -> settleBad(admission, ctx, verdict, isSlow(start, now), now);
          case NONE -> {
            (verdict == Verdict.CALLER_CANCELLED ? counters.cancelled : counters.uncounted)
                .increment();
            admission.release();
            yield null;
          }
        };
    if (change != null) {
      machine.perform(change, ctx);
    }
  }

  private void learn(Verdict verdict, long ran) {
    switch (verdict.sample()) {
      case EXACT -> usual.took(ran);
      case AT_LEAST -> usual.tookAtLeast(ran);
      case NONE -> {}
    }
  }

  private @Nullable Transition settleBad(
      Admission admission, Context ctx, Verdict verdict, boolean slow, long now) {
    // Of the bad verdicts, these are the ones with a duration: time ran out.
    if (verdict.sample() != Verdict.Sample.AT_LEAST) {
      counters.failed.increment();
      return admission.settle(Result.FAILURE, slow, now);
    }
    counters.timedOut.increment();
    return config.timeoutsAreFailures()
        ? admission.settle(Result.FAILURE, slow, now)
        : admission.settle(Result.TIMED_OUT, slow, machine.timeOf(ctx).nanoTime());
  }

  /** Of the time source that was looked at when the call began. */
  private long now(Context ctx, long start) {
    return config.measures() || start != NOT_MEASURED ? ctx.timeSource().nanoTime() : 0;
  }

  private boolean isSlow(long start, long now) {
    return config.knowsSlow() && now - start >= config.slowAfter();
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.BREAKER;
  }

  @Override
  public String toString() {
    return "breaker '" + config.name() + "' (" + state() + ")";
  }

  /** Builds a {@link Breaker}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private double failureRate = 0.5;
    private int windowCalls = 20;
    private @Nullable Duration windowTime;
    private double slowRate = Thresholds.NO_RATE;
    private long slowAfter = Long.MAX_VALUE;
    private boolean watchesRunning;
    private @Nullable Integer minimumCalls;
    private @Nullable Integer consecutiveFailures;
    private boolean timeoutsAreFailures;
    private boolean countsSuccesses;
    private Duration timeoutsOpenAfter = Duration.ofMillis(500);
    private Duration openFor = Duration.ofSeconds(10);
    private Duration longestOpenFor = openFor;
    private int halfOpenPermits = 1;
    private int closeAfter = 1;
    private int reopenAfter = 1;
    private Duration probeTimeout = Duration.ofMinutes(1);
    private Classifier classifier = Classifier.ofDefaults();
    private PolicyListener listener = PolicyListener.none();

    Builder(String name) {
      this.name = SafeText.name(name);
    }

    /**
     * The share of failures in the window at which the circuit opens. Calls that timed out are not
     * among those of which it is a share.
     *
     * @param share more than 0 and at most 1. Default: 0.5
     */
    public Builder failureRate(double share) {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("failureRate: " + share + " (expected: > 0 and <= 1)");
      }
      failureRate = share;
      return this;
    }

    /**
     * How many of the latest results the window holds; up to 31 are the cheapest.
     *
     * @param calls 1 to 1,000,000. Default: 20
     */
    public Builder window(int calls) {
      if (calls < 1 || calls > 1_000_000) {
        throw new IllegalArgumentException("window: " + calls + " (expected: 1 to 1000000)");
      }
      windowCalls = calls;
      windowTime = null;
      return this;
    }

    /**
     * How long the window is, which then holds all the results of that time: for traffic that
     * varies. It moves in ten steps. Costs a reading of the clock for each call. Takes the place of
     * a number of calls.
     *
     * @param time 10 ns to one day
     */
    public Builder window(Duration time) {
      if (Objects.requireNonNull(time, "window").compareTo(Duration.ofNanos(TimeWindow.SLICES)) < 0
          || time.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "window: " + DurationText.of(time) + " (expected: 10 ns to 1 day)");
      }
      windowTime = time;
      return this;
    }

    /**
     * Opens also when too many calls are slow, whatever they come to. A slow probe opens the
     * circuit again. And a call that the caller's deadline cuts off counts as a failure only if it
     * had that much time, where no inner limit tells. Costs two readings of the clock for each
     * call.
     *
     * @param share of slow calls in the window; more than 0 and at most 1
     * @param atLeast how long a slow call takes; positive. Default: no call is slow
     */
    public Builder slowCallRate(double share, Duration atLeast) {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("slowCallRate: " + share + " (expected: > 0 and <= 1)");
      }
      slowAfter = Durations.toNanos(Durations.requirePositive(atLeast, "atLeast"));
      slowRate = share;
      return this;
    }

    /**
     * Counts a call as slow as soon as it has run for so long, and not only when it returns: for a
     * dependency that hangs. How it ends then does not matter any more. Costs a timer for each
     * call. Default: when it returns.
     */
    public Builder countSlowWhileRunning() {
      watchesRunning = true;
      return this;
    }

    /**
     * With fewer results than this the failure rate says nothing.
     *
     * @param calls at least 1 and at most the size of the window. Default: half of that, rounded
     *     up; 10 where the window is a time
     */
    public Builder minimumCalls(int calls) {
      minimumCalls = Arguments.requireAtLeastOne(calls, "minimumCalls");
      return this;
    }

    /**
     * Opens also after so many failures in a row, however few results there are.
     *
     * @param failures at least 1 and at most the size of the window. Default: does not
     */
    public Builder consecutiveFailures(int failures) {
      consecutiveFailures = Arguments.requireAtLeastOne(failures, "consecutiveFailures");
      return this;
    }

    /**
     * For how long next to nothing must get through before time-outs open the circuit: of the calls
     * in the window, which are enough for its rate, at most one in twenty succeeds. So neither a
     * pause of the dependency nor a slow one opens it, but one that hangs.
     *
     * @param time not negative. Default: 500 ms
     */
    public Builder timeoutsOpenAfter(Duration time) {
      timeoutsOpenAfter = Durations.requireNotNegative(time, "timeoutsOpenAfter");
      return this;
    }

    /**
     * Counts a call that ran out of time, its own or its caller's, as one that failed. A service
     * that is too slow for half of its callers then answers none of them. Default: does not.
     */
    public Builder countTimeoutsAsFailures() {
      timeoutsAreFailures = true;
      return this;
    }

    /**
     * How long the circuit stays open before it is probed.
     *
     * @param time positive. Default: 10 s
     */
    public Builder openFor(Duration time) {
      return openFor(time, time);
    }

    /**
     * How long the circuit stays open before it is probed, chosen at random each time, so that a
     * hundred processes do not probe in one moment: at most twice the shortest time at first, and
     * twice as long after each probe that failed.
     *
     * @param shortest positive
     * @param longest not less
     */
    public Builder openFor(Duration shortest, Duration longest) {
      Durations.requirePositive(shortest, "openFor");
      if (Objects.requireNonNull(longest, "longest").compareTo(shortest) < 0) {
        throw new IllegalArgumentException(
            "longest: "
                + DurationText.of(longest)
                + " (expected: >= "
                + DurationText.of(shortest)
                + ")");
      }
      openFor = shortest;
      longestOpenFor = longest;
      return this;
    }

    /**
     * How many calls a half-open circuit lets through at once.
     *
     * @param permits 1 to 1000. Default: 1
     */
    public Builder halfOpenPermits(int permits) {
      if (permits < 1 || permits > 1000) {
        throw new IllegalArgumentException(
            "halfOpenPermits: " + permits + " (expected: 1 to 1000)");
      }
      halfOpenPermits = permits;
      return this;
    }

    /**
     * How many probes have to succeed before the circuit closes.
     *
     * @param successes at least 1; may be more than the permits. Default: 1
     */
    public Builder closeAfter(int successes) {
      closeAfter = Arguments.requireAtLeastOne(successes, "closeAfter");
      return this;
    }

    /**
     * How many probes have to fail, time out or be slow before the circuit opens again. With {@link
     * #closeAfter} that is a rate: {@code closeAfter(7).reopenAfter(4)} decides after ten probes at
     * the latest, and closes if fewer than four of them went wrong.
     *
     * @param failures at least 1. Default: 1
     */
    public Builder reopenAfter(int failures) {
      reopenAfter = Arguments.requireAtLeastOne(failures, "reopenAfter");
      return this;
    }

    /**
     * How long a probe may hold its permit before another call may take it over. Give it longer
     * than any call takes that you would still call a success.
     *
     * @param time positive. Default: 1 min
     */
    public Builder probeTimeout(Duration time) {
      probeTimeout = Durations.requirePositive(time, "probeTimeout");
      return this;
    }

    /** Judges what became of a call. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * Hears of each change of the state, in their order, and of each rejection. Default: nobody.
     */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /**
     * Counts successes in the {@linkplain BreakerSnapshot#succeeded snapshot}, which costs each
     * good call one increment. Default: does not. How long calls take, and what becomes of them, a
     * listener of the whole stack hears ({@code Resilience.withListener}).
     */
    public Builder countSuccesses() {
      countsSuccesses = true;
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
              new Thresholds(
                  failureRate, slowRate, minimum, inARow, Durations.toNanos(timeoutsOpenAfter)),
              windowCalls,
              windowTime == null ? 0 : Durations.toNanos(windowTime),
              slowAfter,
              watchesRunning,
              timeoutsAreFailures,
              countsSuccesses,
              Durations.toNanos(openFor),
              Durations.toNanos(longestOpenFor),
              halfOpenPermits,
              closeAfter,
              reopenAfter,
              Durations.toNanos(probeTimeout),
              classifier,
              listener));
    }

    private void fitsTheWindow(int value, String argument) {
      if (value > windowCalls) {
        throw new IllegalArgumentException(
            argument + ": " + value + " (expected: <= " + windowCalls + ", the window)");
      }
    }
  }
}
