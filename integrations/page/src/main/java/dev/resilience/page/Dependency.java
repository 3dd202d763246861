package dev.resilience.page;

import static java.util.Objects.requireNonNull;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.chaos.Chaos;
import dev.resilience.context.Context;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CallCompleted;
import dev.resilience.observe.PolicyListener;
import dev.resilience.page.CountWindow.Recent;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.retry.Retry;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A stack of policies that is watched. Hears how each call ended and adds one to two counts;
 * everything else is read from the snapshots of the policies when somebody looks.
 */
final class Dependency implements PolicyListener {

  /** Of so many calls one tells how long its caller had given it. */
  private static final int SAMPLED = 8;

  private final String name;
  private final String stack;
  private final TimeSource time;
  private final Map<Ending, LongAdder> endings = new EnumMap<>(Ending.class);
  private final LongAdder notDispatched = new LongAdder();
  private final LatencyWindow latency;
  private final LatencyWindow given;
  private final CountWindow window;

  final @Nullable Breaker breaker;
  private final @Nullable ConcurrencyLimit limit;
  private final @Nullable Retry retry;
  private final @Nullable Hedge hedge;
  private final @Nullable FixedTimeout fixedTimeout;
  private final @Nullable AdaptiveTimeout adaptiveTimeout;
  private final @Nullable Chaos chaos;

  Dependency(String name, Resilience stack, TimeSource time) {
    this.name = name;
    this.stack = stack.describe();
    this.time = time;
    long now = time.nanoTime();
    this.latency = new LatencyWindow(now);
    this.given = new LatencyWindow(now);
    this.window = new CountWindow(now);
    for (Ending ending : Ending.values()) {
      endings.put(ending, new LongAdder());
    }
    breaker = find(stack, Breaker.class);
    limit = find(stack, ConcurrencyLimit.class);
    retry = find(stack, Retry.class);
    hedge = find(stack, Hedge.class);
    fixedTimeout = find(stack, FixedTimeout.class);
    adaptiveTimeout = find(stack, AdaptiveTimeout.class);
    chaos = find(stack, Chaos.class);
  }

  /** The innermost of a kind: what stands outside of a retry is about something else. */
  private static <P> @Nullable P find(Resilience stack, Class<P> kind) {
    P found = null;
    for (ContextPolicy policy : stack.policies()) {
      if (kind.isInstance(policy)) {
        found = kind.cast(policy);
      }
    }
    return found;
  }

  String name() {
    return name;
  }

  @Override
  public void on(PolicyEvent event) {
    on(Context.background(), event);
  }

  @Override
  public void on(Context ctx, PolicyEvent event) {
    if (!(event instanceof CallCompleted call)) {
      return;
    }
    requireNonNull(endings.get(Ending.of(call.verdict()))).increment();
    if (!call.verdict().isDispatched()) {
      notDispatched.increment();
      return;
    }
    latency.record(call.time().toNanos());
    // Not from the context: a look must not change what the program itself draws.
    if (ThreadLocalRandom.current().nextInt(SAMPLED) == 0) {
      Deadline deadline = ctx.deadline().orElse(null);
      if (deadline != null && !ctx.isDone()) {
        given.record(call.time().plus(deadline.timeLeft()).toNanos());
      }
    }
  }

  DependencySnapshot snapshot() {
    long now = time.nanoTime();
    EndingCounts counts = counts();
    var circuit = breaker == null ? null : breaker.snapshot();
    var concurrency = limit == null ? null : limit.snapshot();
    var retries = retry == null ? null : retry.snapshot();
    var hedges = hedge == null ? null : hedge.snapshot();
    long refused =
        (circuit == null ? 0 : circuit.rejected())
            + (concurrency == null ? 0 : concurrency.rejected());
    // A policy may be shared with a stack that is not watched: never fewer than the answers.
    long attempts =
        Math.max(
            counts.of(Ending.SUCCESS),
            counts.total()
                + (retries == null ? 0 : retries.retries())
                + (hedges == null ? 0 : hedges.hedges())
                - Math.max(refused, notDispatched.sum()));
    Recent recent = window.look(now, counts, attempts);
    return new DependencySnapshot(
        name,
        stack,
        counts,
        recent,
        latency.look(now),
        timeGiven(now),
        circuit,
        concurrency,
        retries,
        hedges,
        stillRunning(),
        chaos == null ? null : chaos.snapshot());
  }

  private EndingCounts counts() {
    Map<Ending, Long> sums = new EnumMap<>(Ending.class);
    endings.forEach((ending, count) -> sums.put(ending, count.sum()));
    return new EndingCounts(sums);
  }

  /** What a call is measured against: a time-out of the stack, else what its callers give it. */
  private @Nullable TimeGiven timeGiven(long now) {
    if (adaptiveTimeout != null) {
      return new TimeGiven(adaptiveTimeout.limit(), "adaptive time-out");
    }
    if (fixedTimeout != null) {
      return new TimeGiven(fixedTimeout.limit(), "time-out");
    }
    LatencyWindow.Latency callers = given.look(now);
    return callers.samples() == 0 ? null : new TimeGiven(callers.median(), "deadline");
  }

  private int stillRunning() {
    if (adaptiveTimeout != null) {
      return adaptiveTimeout.stillRunning();
    }
    return fixedTimeout == null ? 0 : fixedTimeout.stillRunning();
  }
}
