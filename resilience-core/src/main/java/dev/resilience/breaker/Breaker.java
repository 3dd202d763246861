package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.CircuitOpenException;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyEvent;
import dev.resilience.policy.PolicyEvent.Circuit;
import dev.resilience.policy.PolicyListener;
import dev.resilience.policy.SuppressedFailures;
import dev.resilience.policy.Verdict;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker: stops calling a dependency that fails, and finds out with a few probes when it
 * is well again.
 *
 * <pre>{@code
 * Breaker breaker = Breaker.builder("payments")
 *     .failureRate(0.5).over(20)
 *     .openFor(ofSeconds(5))
 *     .build();
 * Quote quote = Resilience.of(retry, breaker).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li><em>Closed</em>, it counts the latest results, and opens when too many of them are
 *       failures.
 *   <li><em>Open</em>, it rejects calls with a {@link CircuitOpenException}. The first call after
 *       {@link Builder#openFor} makes it half-open; no timer runs.
 *   <li><em>Half-open</em>, it lets through at most {@link Builder#halfOpenPermits} calls at once.
 *       A failure opens it again, {@link Builder#closeAfter} successes close it.
 * </ul>
 *
 * What is a failure is judged by a {@link Classifier}; its {@link Verdict#evidence} rules. What
 * says nothing of the dependency, above all a call that its caller cancelled, counts nowhere and
 * gives its permit back. A result counts only in the generation (the time between two changes) that
 * let its call through. A permit of a probe that does not return expires after {@link
 * Builder#probeTimeout} and may be taken over; the late result then counts no more. An asynchronous
 * call counts when its stage completes or its caller ends, whichever comes first.
 *
 * <p>Times are those of the calling context. A breaker measures on one clock only: under a second
 * time source it throws an {@link IllegalArgumentException} as soon as it would have to measure.
 *
 * <p>Thread-safe, without a lock. A closed circuit reads no clock and allocates nothing; a success
 * that finds a full window of successes is one volatile read, any other result one compare-and-set
 * (windows of more than 63 calls: up to three).
 */
public final class Breaker implements ContextPolicy {

  private static final VarHandle STATE;
  private static final VarHandle TIME;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(Breaker.class, "state", State.class);
      TIME = lookup.findVarHandle(Breaker.class, "time", TimeSource.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Settings settings;
  private final Classifier classifier;
  private final LongAdder failed = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder uncounted = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder opened = new LongAdder();

  private volatile State state;
  private volatile @Nullable TimeSource time;

  private Breaker(Settings settings) {
    this.settings = settings;
    this.classifier = settings.classifier();
    this.state = newClosed();
  }

  /**
   * A breaker with these settings: half of the last 20 calls, open for 10 s.
   *
   * @param name of the dependency, for messages and events
   */
  public static Breaker ofDefaults(String name) {
    return builder(name).build();
  }

  /**
   * A breaker with more to say.
   *
   * @param name of the dependency, for messages and events
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name of the dependency. */
  public String name() {
    return settings.name();
  }

  /** The state of the circuit; one whose time is over reads as open until the next call. */
  public Circuit state() {
    return state.circuit();
  }

  /**
   * The numbers now, each for itself: calls that end meanwhile may be seen in some of them only.
   */
  public BreakerSnapshot snapshot() {
    State now = state;
    Tally tally = now instanceof Closed closed ? closed.tally() : new Tally(0, 0, 0);
    return new BreakerSnapshot(
        settings.name(),
        now.circuit(),
        tally.calls(),
        tally.failures(),
        now instanceof HalfOpen halfOpen ? halfOpen.probesUnderWay() : 0,
        failed.sum(),
        cancelled.sum(),
        uncounted.sum(),
        rejected.sum(),
        opened.sum());
  }

  /**
   * Closes the circuit with an empty window, whatever its state. Calls that are under way count no
   * more.
   */
  public void reset() {
    State before = (State) STATE.getAndSet(this, newClosed());
    if (before.circuit() != Circuit.CLOSED) {
      tell(before.circuit(), Circuit.CLOSED, "reset by hand");
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    Admission admission = admit(ctx);
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      countFailure(admission, ctx, failure);
      throw failure;
    }
    countResult(admission, ctx, result);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Admission admission;
    try {
      admission = admit(ctx);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    CompletionStage<T> stage;
    try {
      stage = Objects.requireNonNull(next.callAsync(ctx, work), "stage");
    } catch (Throwable thrown) {
      stage = CompletableFuture.failedFuture(thrown);
    }
    if (!(stage instanceof CompletableFuture<T> done)
        || !done.isDone()
        || done.isCompletedExceptionally()) {
      return new AsyncAdmission<T>(this, ctx, admission).follow(stage);
    }
    try {
      countResult(admission, ctx, done.join());
      return done;
    } catch (RuntimeException broken) {
      return CompletableFuture.failedFuture(broken);
    }
  }

  private Admission admit(Context ctx) {
    return state instanceof Closed closed ? closed : admitUnlessOpen(ctx);
  }

  private Admission admitUnlessOpen(Context ctx) {
    long now = timeOf(ctx).nanoTime();
    while (true) {
      State current = state;
      if (current instanceof Closed closed) {
        return closed;
      }
      if (current instanceof Open open) {
        long left = open.timeLeft(now, settings.openFor());
        if (left > 0) {
          throw rejection(left);
        }
        change(open, new HalfOpen(settings.halfOpenPermits()), "time to probe");
      } else if (current instanceof HalfOpen halfOpen) {
        Probe probe = halfOpen.tryAcquire(now, settings.probeTimeout());
        if (probe == null) {
          long expiry = halfOpen.untilExpiry(now, settings.probeTimeout());
          throw rejection(Math.min(expiry, settings.openFor()));
        }
        if (state == halfOpen) {
          return probe;
        }
        probe.learnedNothing();
      }
    }
  }

  private CircuitOpenException rejection(long retryAfter) {
    rejected.increment();
    return new CircuitOpenException(settings.name(), Duration.ofNanos(retryAfter));
  }

  /**
   * Counts what came out of a call, and gives back what it held, whatever the user's rules throw.
   */
  void countFailure(Admission admission, Context ctx, Throwable failure) {
    try {
      Verdict verdict = judge(admission, ctx, failure);
      count(admission, ctx, verdict);
    } catch (RuntimeException broken) {
      SuppressedFailures.add(broken, failure);
      throw broken;
    }
  }

  private Verdict judge(Admission admission, Context ctx, Throwable failure) {
    try {
      return classifier.judge(ctx, failure);
    } catch (Throwable broken) {
      admission.learnedNothing();
      throw broken;
    }
  }

  void countResult(Admission admission, Context ctx, @Nullable Object result) {
    Verdict verdict;
    try {
      verdict = classifier.judgeResult(result);
    } catch (Throwable broken) {
      admission.learnedNothing();
      throw broken;
    }
    if (verdict == Verdict.SUCCESS) {
      admission.succeeded(this, ctx);
    } else {
      count(admission, ctx, verdict);
    }
  }

  private void count(Admission admission, Context ctx, Verdict verdict) {
    switch (verdict.evidence()) {
      case SUCCESS -> admission.succeeded(this, ctx);
      case FAILURE -> {
        failed.increment();
        admission.failed(this, ctx);
      }
      case NONE -> {
        (verdict == Verdict.CALLER_CANCELLED ? cancelled : uncounted).increment();
        admission.learnedNothing();
      }
    }
  }

  /** The thresholds are passed. */
  void trip(Closed generation, Context ctx) {
    open(generation, ctx, settings.thresholds().reason(generation.tally()));
  }

  void probeFailed(HalfOpen generation, Context ctx) {
    open(generation, ctx, "a probe failed");
  }

  void probeSucceeded(HalfOpen generation) {
    int successes = generation.success();
    if (successes >= settings.closeAfter()) {
      change(generation, newClosed(), successes + " probes succeeded");
    }
  }

  private void open(State generation, Context ctx, String reason) {
    if (state == generation) {
      change(generation, new Open(timeOf(ctx).nanoTime()), reason);
    }
  }

  private void change(State from, State to, String reason) {
    if (!STATE.compareAndSet(this, from, to)) {
      return;
    }
    if (to instanceof Open) {
      opened.increment();
    }
    tell(from.circuit(), to.circuit(), reason);
  }

  private void tell(Circuit from, Circuit to, String reason) {
    settings.listener().on(new PolicyEvent.CircuitChanged(settings.name(), from, to, reason));
  }

  private Closed newClosed() {
    return new Closed(Window.of(settings.windowCalls(), settings.thresholds()));
  }

  private TimeSource timeOf(Context ctx) {
    TimeSource now = ctx.timeSource();
    TimeSource first = time;
    if (first == null) {
      first = (TimeSource) TIME.compareAndExchange(this, null, now);
    }
    if (first != null && first != now) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + now
              + " (expected: on "
              + first
              + ", on which breaker '"
              + settings.name()
              + "' measures already)");
    }
    return now;
  }

  @Override
  public String toString() {
    return "breaker '" + settings.name() + "' (" + state.circuit() + ")";
  }

  /** Says what a {@link Breaker} does. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private double failureRate = 0.5;
    private int windowCalls = 20;
    private @Nullable Integer minimumCalls;
    private @Nullable Integer consecutiveFailures;
    private Duration openFor = Duration.ofSeconds(10);
    private int halfOpenPermits = 1;
    private int closeAfter = 1;
    private Duration probeTimeout = Duration.ofMinutes(1);
    private Classifier classifier = Classifier.ofDefaults();
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name) {
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
    public Builder failureRate(double share) {
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
    public Builder over(int calls) {
      if (calls < 1 || calls > 1_000_000) {
        throw new IllegalArgumentException("over: " + calls + " (expected: 1 to 1000000)");
      }
      windowCalls = calls;
      return this;
    }

    /**
     * With fewer results than this the failure rate says nothing.
     *
     * @param calls at least 1 and at most the size of the window. Default: half of that, rounded up
     */
    public Builder minimumCalls(int calls) {
      minimumCalls = atLeastOne(calls, "minimumCalls");
      return this;
    }

    /**
     * Opens also after so many failures in a row, however few results there are.
     *
     * @param failures at least 1 and at most the size of the window. Default: does not
     */
    public Builder consecutiveFailures(int failures) {
      consecutiveFailures = atLeastOne(failures, "consecutiveFailures");
      return this;
    }

    /**
     * How long the circuit stays open before it is probed.
     *
     * @param time positive. Default: 10 s
     */
    public Builder openFor(Duration time) {
      openFor = positive(time, "openFor");
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
      closeAfter = atLeastOne(successes, "closeAfter");
      return this;
    }

    /**
     * How long a probe may hold its permit before another call may take it over. Give it longer
     * than any call takes that you would still call a success.
     *
     * @param time positive. Default: 1 min
     */
    public Builder probeTimeout(Duration time) {
      probeTimeout = positive(time, "probeTimeout");
      return this;
    }

    /** Judges what became of a call. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /** Hears of each change of the state, once. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /**
     * The breaker, closed.
     *
     * @throws IllegalArgumentException if the window is smaller than what is asked of it
     */
    public Breaker build() {
      int minimum = minimumCalls != null ? minimumCalls : (windowCalls + 1) / 2;
      int inARow = consecutiveFailures != null ? consecutiveFailures : Thresholds.NEVER;
      fitsTheWindow(minimum, "minimumCalls");
      if (inARow != Thresholds.NEVER) {
        fitsTheWindow(inARow, "consecutiveFailures");
      }
      return new Breaker(
          new Settings(
              name,
              new Thresholds(failureRate, minimum, inARow),
              windowCalls,
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
}
