package dev.resilience.breaker;

import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.Failures;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.Verdict;
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
 *       {@link BreakerBuilder#openFor} makes it half-open; no timer runs.
 *   <li><em>Half-open</em>, it lets through at most {@link BreakerBuilder#halfOpenPermits} calls at
 *       once. A failure or a slow call opens it again, {@link BreakerBuilder#closeAfter} successes
 *       close it.
 * </ul>
 *
 * What is a failure is judged by a {@link Classifier}; its {@link Verdict#evidence} rules. What
 * says nothing of the dependency, above all a call that its caller cancelled, counts nowhere and
 * gives its permit back. A result counts only in the generation (the time between two changes) that
 * let its call through. A permit of a probe that does not return expires after {@link
 * BreakerBuilder#probeTimeout} and may be taken over; the late result then counts no more. An
 * asynchronous call counts when its stage completes or its caller ends, whichever comes first.
 *
 * <p>Times are those of the calling context. A breaker measures on one clock only: under a second
 * time source it throws an {@link IllegalArgumentException} as soon as it would have to measure.
 *
 * <p>By hand it can be {@linkplain #forceOpen held open}, {@linkplain #forceClosed held closed},
 * {@linkplain #metricsOnly made to watch only}, and {@linkplain #reset reset}.
 *
 * <p>Thread-safe, without a lock. A closed circuit allocates nothing, and reads no clock unless its
 * window is a time (once for each call) or calls may be slow (twice). A success that finds a full
 * window of successes is one volatile read, any other result one compare-and-set (windows of more
 * than 63 calls, or with slow calls: up to four; windows of a time: one to three, and ten reads
 * while there is anything bad in them). To count slow calls while they run costs a timer for each.
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

  private final BreakerConfig settings;
  private final Classifier classifier;
  private final LongAdder failed = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder uncounted = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder opened = new LongAdder();

  private volatile State state;
  private volatile @Nullable TimeSource time;

  Breaker(BreakerConfig settings) {
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
  public static BreakerBuilder builder(String name) {
    return new BreakerBuilder(name);
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
    TimeSource clock = time;
    WindowCounts tally =
        now instanceof Closed closed
            ? closed.tally(clock == null ? 0 : clock.nanoTime())
            : WindowCounts.NOTHING;
    return new BreakerSnapshot(
        settings.name(),
        now.circuit(),
        now.mode(),
        tally.calls(),
        tally.failures(),
        tally.slow(),
        now instanceof HalfOpen halfOpen ? halfOpen.probesUnderWay() : 0,
        failed.sum(),
        cancelled.sum(),
        uncounted.sum(),
        rejected.sum(),
        opened.sum());
  }

  /** Whether the breaker decides by itself. */
  public BreakerMode mode() {
    return state.mode();
  }

  /**
   * Closes the circuit with an empty window, whatever its state, and lets the breaker decide by
   * itself. Calls that are under way count no more.
   */
  public void reset() {
    enter(newClosed(), "reset by hand");
  }

  /** Rejects all calls until told otherwise. Calls that are under way count no more. */
  public void forceOpen() {
    enter(new Open(0, BreakerMode.FORCED_OPEN), "forced open");
  }

  /**
   * Lets all calls through until told otherwise, and keeps no results. Calls that are under way
   * count no more.
   */
  public void forceClosed() {
    enter(new Closed(Window.none(), BreakerMode.FORCED_CLOSED), "forced closed");
  }

  /**
   * Lets all calls through until told otherwise, and keeps results in an empty window for show: to
   * try settings in production before they do anything.
   */
  public void metricsOnly() {
    enter(new Closed(Window.of(settings), BreakerMode.METRICS_ONLY), "metrics only");
  }

  private void enter(State next, String reason) {
    State before = (State) STATE.getAndSet(this, next);
    if (before.circuit() != next.circuit()) {
      changed(before, next, reason);
    }
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long start = settings.measures() ? start(ctx) : 0;
    BreakerPermit admission = admit(ctx, start);
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      countFailure(admission, ctx, start, failure);
      throw failure;
    }
    countResult(admission, ctx, start, result);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    long start;
    BreakerPermit admission;
    try {
      start = settings.measures() ? start(ctx) : 0;
      admission = admit(ctx, start);
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
      return new AsyncBreakerPermit<T>(this, ctx, admission, start).follow(stage);
    }
    try {
      countResult(admission, ctx, start, done.join());
      return done;
    } catch (RuntimeException broken) {
      return CompletableFuture.failedFuture(broken);
    }
  }

  /** Looks at the time source before anything is lent, and at its clock if calls may be slow. */
  private long start(Context ctx) {
    TimeSource clock = timeOf(ctx);
    return settings.knowsSlow() ? clock.nanoTime() : 0;
  }

  private BreakerPermit admit(Context ctx, long start) {
    BreakerPermit admission = state instanceof Closed closed ? closed : admitUnlessOpen(ctx);
    return settings.watchesRunning()
        ? RunningSlowCall.until(start + settings.slowAfter(), this, ctx, admission)
        : admission;
  }

  private BreakerPermit admitUnlessOpen(Context ctx) {
    long now = timeOf(ctx).nanoTime();
    while (true) {
      State current = state;
      if (current instanceof Closed closed) {
        return closed;
      }
      if (current instanceof Open open) {
        if (open.isForced()) {
          rejected.increment();
          throw new CircuitOpenException(settings.name());
        }
        long left = open.timeLeft(now, settings.openFor());
        if (left > 0) {
          throw rejection(left);
        }
        change(open, new HalfOpen(settings.halfOpenPermits()), ctx, "time to probe");
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
  void countFailure(BreakerPermit admission, Context ctx, long start, Throwable failure) {
    try {
      long now = now(ctx);
      Verdict verdict = judge(admission, ctx, isSlow(start, now), failure);
      count(admission, ctx, verdict, start, now);
    } catch (RuntimeException broken) {
      Failures.suppress(broken, failure);
      throw broken;
    }
  }

  /** A call that was cut off had a fair chance if it was slow; where none is, any time is fair. */
  private Verdict judge(BreakerPermit admission, Context ctx, boolean slow, Throwable failure) {
    try {
      return classifier.judge(ctx, failure, slow || !settings.knowsSlow());
    } catch (Throwable broken) {
      admission.learnedNothing();
      throw broken;
    }
  }

  void countResult(BreakerPermit admission, Context ctx, long start, @Nullable Object result) {
    Verdict verdict;
    try {
      verdict = classifier.judgeResult(result);
    } catch (Throwable broken) {
      admission.learnedNothing();
      throw broken;
    }
    long now = now(ctx);
    if (verdict == Verdict.SUCCESS) {
      admission.counted(this, ctx, false, isSlow(start, now), now);
    } else {
      count(admission, ctx, verdict, start, now);
    }
  }

  private void count(BreakerPermit admission, Context ctx, Verdict verdict, long start, long now) {
    switch (verdict.evidence()) {
      case SUCCESS -> admission.counted(this, ctx, false, isSlow(start, now), now);
      case FAILURE -> {
        failed.increment();
        admission.counted(this, ctx, true, isSlow(start, now), now);
      }
      case NONE -> {
        (verdict == Verdict.CALLER_CANCELLED ? cancelled : uncounted).increment();
        admission.learnedNothing();
      }
    }
  }

  /** Of the time source that was looked at when the call began. */
  private long now(Context ctx) {
    return settings.measures() ? ctx.timeSource().nanoTime() : 0;
  }

  private boolean isSlow(long start, long now) {
    return settings.knowsSlow() && now - start >= settings.slowAfter();
  }

  /** The thresholds are passed. */
  void trip(Closed generation, Context ctx, long now) {
    open(generation, ctx, settings.thresholds().reason(generation.tally(now)));
  }

  void probeFailed(HalfOpen generation, Context ctx, String reason) {
    open(generation, ctx, reason);
  }

  void probeSucceeded(HalfOpen generation, Context ctx) {
    int successes = generation.success();
    if (successes >= settings.closeAfter()) {
      change(generation, newClosed(), ctx, successes + " probes succeeded");
    }
  }

  private void open(State generation, Context ctx, String reason) {
    if (state == generation) {
      change(generation, new Open(timeOf(ctx).nanoTime(), BreakerMode.AUTOMATIC), ctx, reason);
    }
  }

  private void change(State from, State to, Context ctx, String reason) {
    if (!STATE.compareAndSet(this, from, to)) {
      return;
    }
    CallReport.tell(ctx, settings.name(), new CallReport.Decision(to.circuit() + ", " + reason));
    changed(from, to, reason);
  }

  private void changed(State from, State to, String reason) {
    if (to instanceof Open) {
      opened.increment();
    }
    settings
        .listener()
        .on(new PolicyEvent.CircuitChanged(settings.name(), from.circuit(), to.circuit(), reason));
  }

  private Closed newClosed() {
    return new Closed(Window.of(settings), BreakerMode.AUTOMATIC);
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
  public PolicyRole role() {
    return PolicyRole.BREAKER;
  }

  @Override
  public String toString() {
    return "breaker '" + settings.name() + "' (" + state.circuit() + ")";
  }
}
