package dev.resilience.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerSnapshot;
import dev.resilience.budget.BudgetReport.Outcome;
import dev.resilience.budget.BudgetReport.PhaseReport;
import dev.resilience.budget.BudgetRun;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.error.RejectedException;
import dev.resilience.failsafe.FailsafePolicies;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import dev.resilience.timeout.TimeoutMonitor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;

/**
 * A few callers, a random stack of up to six policies, and a dependency that answers, fails, hangs,
 * throws or rejects as the seed will have it. Some callers divide their time among stages and call
 * the stack in each, some leave, some threads are interrupted by a stranger. Checks the laws on the
 * way, and tells the story.
 */
final class Simulation {

  private static final String LEFT_UNDER_WAY = "interrupted while waiting";

  private static final Duration LONG = Duration.ofSeconds(5);

  private static final Phase FIRST = Phase.of("first", 3);
  private static final Phase LAST = Phase.of("last", 1);
  private static final TimeBudget BUDGET = TimeBudget.of(FIRST, LAST);

  private final RandomGenerator random;
  private final VirtualTime.Automatic time;
  private final Context root;
  private final StringBuilder story = new StringBuilder();
  private final List<Breaker> breakers = new ArrayList<>();
  private final List<FixedTimeout> limits = new ArrayList<>();
  private final List<RateLimit> rateLimits = new ArrayList<>();
  private final List<ConcurrencyLimit> bulkheads = new ArrayList<>();
  private final List<AdaptiveTimeout> adaptive = new ArrayList<>();
  private final Resilience stack;
  private final WithFallback<String> safe;
  private boolean oneAttemptOnThisThread = true;
  private Duration beyondDeadline = Duration.ZERO;
  private int callers;

  Simulation(long seed, RandomGenerator random) {
    this.random = random;
    this.time = VirtualTime.automatic(seed);
    this.root = Context.background(time);
    ContextPolicy[] policies = new ContextPolicy[random.nextInt(7)];
    for (int i = 0; i < policies.length; i++) {
      policies[i] = i == 0 && random.nextInt(8) == 0 ? moreTime() : policy();
    }
    Resilience silent = Resilience.of(policies);
    this.stack = random.nextInt(4) == 0 ? silent.withReports(call -> tell(call.toTree())) : silent;
    // A constant takes no time: Law 4 holds as without it.
    this.safe = stack.withFallback(Fallbacks.ofValue("none"));
  }

  private ContextPolicy policy() {
    switch (random.nextInt(11)) {
      case 0 -> {
        oneAttemptOnThisThread = false;
        return Retry.builder()
            .maxAttempts(1 + random.nextInt(4))
            .maxRejections(random.nextInt(4))
            .backoff(Backoff.exponential(millis(1, 50), millis(50, 400)).withFullJitter())
            .budget(
                RetryBudget.builder()
                    .ratio(random.nextInt(3) / 2.0)
                    .burst(1 + random.nextInt(3))
                    .build())
            .build();
      }
      case 1 -> {
        Breaker breaker = breaker();
        breakers.add(breaker);
        return breaker;
      }
      case 2 -> {
        return limit(FixedTimeout.builder("timeout", millis(5, 200)).build());
      }
      case 3 -> {
        RateLimit limit =
            RateLimit.builder("r" + rateLimits.size())
                .rate(1 + random.nextInt(20), millis(100, 1000))
                .burst(1 + random.nextInt(3))
                .build();
        rateLimits.add(limit);
        return limit;
      }
      case 4 -> {
        ConcurrencyLimit limit =
            ConcurrencyLimit.builder("c" + bulkheads.size(), 1 + random.nextInt(3))
                .maxWaiting(random.nextInt(3))
                .build();
        bulkheads.add(limit);
        return limit;
      }
      case 5 -> {
        oneAttemptOnThisThread = false;
        return Hedge.builder().delay(millis(1, 100)).maxHedges(1 + random.nextInt(2)).build();
      }
      case 6 -> {
        AdaptiveTimeout limit =
            AdaptiveTimeout.builder("a" + adaptive.size())
                .between(millis(2, 50), millis(50, 200))
                .minSamples(1 + random.nextInt(3))
                .build();
        adaptive.add(limit);
        return limit;
      }
      case 7 -> {
        return ServiceTimeouts.builder()
            .otherwise(millis(5, 200))
            .networkOverhead(millis(0, 20))
            .monitor(TimeoutMonitor.create())
            .build()
            .forService("service");
      }
      case 8 -> {
        oneAttemptOnThisThread = false;
        return Retry.of(
            RetryPolicy.builder()
                .withMaxAttempts(1 + random.nextInt(4))
                .withBackoff(millis(1, 50), millis(51, 400))
                .build());
      }
      case 9 -> {
        oneAttemptOnThisThread = false;
        return FailsafePolicies.policy(
            RetryPolicy.builder().withMaxAttempts(1 + random.nextInt(3)).build(),
            CircuitBreaker.builder().withFailureThreshold(1000).build(),
            Timeout.builder(millis(5, 200)).withInterrupt().build());
      }
      default -> {
        oneAttemptOnThisThread = false;
        return limit(FixedTimeout.builder("timeout", millis(5, 200)).isolated().build());
      }
    }
  }

  /** Outermost: it holds its caller beyond the deadline, and a limit around it would end it. */
  private ContextPolicy moreTime() {
    beyondDeadline = millis(10, 200);
    return MoreTime.atLeast(beyondDeadline);
  }

  private Breaker breaker() {
    var builder =
        Breaker.builder("b" + breakers.size())
            .window(1 + random.nextInt(5))
            .minimumCalls(1)
            .openFor(millis(10, 300))
            .halfOpenPermits(1 + random.nextInt(2))
            .probeTimeout(Duration.ofMinutes(10))
            .listener(event -> adaptive.forEach(limit -> limit.circuitListener().on(event)));
    if (random.nextBoolean()) {
      builder.window(millis(10, 500));
    }
    if (random.nextBoolean()) {
      builder.slowCallRate(0.5, millis(10, 100));
      if (random.nextBoolean()) {
        builder.countSlowWhileRunning();
        // What it counted while the caller still waited stays counted when the caller leaves.
        oneAttemptOnThisThread = false;
      }
    }
    return builder.build();
  }

  private FixedTimeout limit(FixedTimeout limit) {
    limits.add(limit);
    return limit;
  }

  String run() throws Exception {
    tell(stack.describe());
    callers = 1 + random.nextInt(3);
    time.run(
        () -> {
          for (int i = 0; i < callers; i++) {
            int caller = i;
            time.start("caller-" + i, () -> new Caller(caller).run());
          }
          return null;
        });
    for (Breaker breaker : breakers) {
      assertThat(breaker.snapshot().probesUnderWay()).as("permits of %s", breaker).isZero();
      tell(breaker.snapshot().toString());
    }
    for (FixedTimeout limit : limits) {
      assertThat(limit.stillRunning()).as("still running under %s", limit).isZero();
    }
    for (RateLimit limit : rateLimits) {
      assertThat(limit.snapshot().waiting()).as("in line before %s", limit).isZero();
      tell(limit.snapshot().toString());
    }
    for (ConcurrencyLimit limit : bulkheads) {
      assertThat(limit.snapshot().inUse()).as("permits of %s", limit).isZero();
      assertThat(limit.snapshot().waiting()).as("in line before %s", limit).isZero();
      tell(limit.snapshot().toString());
    }
    for (AdaptiveTimeout limit : adaptive) {
      assertThat(limit.stillRunning()).as("still running under %s", limit).isZero();
      tell(limit.snapshot().toString());
    }
    assertThat(time.pendingTimers()).as("timers").isZero();
    return story.toString();
  }

  /** Makes a few calls, one after the other, each under a context of its own. */
  private final class Caller {

    private final String name;

    Caller(int number) {
      this.name = "caller-" + number;
    }

    void run() throws Exception {
      int calls = 1 + random.nextInt(4);
      for (int i = 0; i < calls; i++) {
        CancellableContext last;
        try (var ctx = context()) {
          last = ctx;
          if (random.nextInt(3) == 0) {
            leaveLater(ctx);
          }
          if (random.nextInt(6) == 0) {
            interruptLater(Thread.currentThread());
          }
          call(ctx);
        }
        // A call that was left under way ends with the context; its listeners are gone at once.
        assertThat(ContextProbe.waiters(last)).as("listeners left").isZero();
      }
      // A stranger's interrupt and a late answer may still come: they must not meet the end of all.
      parkQuietly(LONG.multipliedBy(2));
      Thread.interrupted();
    }

    private void call(CancellableContext ctx) throws Exception {
      List<BreakerSnapshot> before = snapshots();
      List<String> limitsBefore = adaptiveSnapshots();
      boolean sync = random.nextBoolean();
      boolean staged = random.nextInt(4) == 0;
      String outcome;
      try {
        if (staged) {
          outcome = sync ? callStagesSync(ctx) : callStagesAsync(ctx);
        } else {
          outcome = sync ? callSync(ctx) : callAsync(ctx);
        }
      } catch (Throwable failure) {
        outcome = failure.getClass().getSimpleName();
        if (failure instanceof CallInterruptedException) {
          assertThat(Thread.interrupted())
              .withFailMessage(() -> "flag not set again: " + failure + "\n" + story)
              .isTrue();
        }
        if (sync && !staged && oneAttemptOnThisThread && callers == 1 && ctx.isCancelled()) {
          assertOnlyCancelledCounts(before);
          assertThat(adaptiveSnapshots()).as("percentiles").isEqualTo(limitsBefore);
        }
      }
      tell(name + ": " + outcome);
      if (!outcome.equals(LEFT_UNDER_WAY)) {
        assertThat(ContextProbe.waiters(ctx)).as("listeners left (Law 5)").isZero();
      }
      // Law 4: whatever the dependency does, nobody waits beyond the deadline.
      Duration left = ctx.deadline().orElseThrow().timeLeft();
      assertThat(left.plus(beyondDeadline).isNegative())
          .as("%s waited beyond the deadline: %s", name, outcome)
          .isFalse();
    }

    private String callSync(Context ctx) throws Exception {
      return random.nextInt(5) == 0
          ? safe.callDegradable(ctx, this::dependency).toString()
          : stack.call(ctx, this::dependency);
    }

    private String callStagesSync(Context ctx) throws Exception {
      try (BudgetRun spend = BUDGET.start(ctx)) {
        try {
          String first = spend.call(FIRST, c -> stack.call(c, this::dependency));
          return first + ", " + spend.call(LAST, c -> stack.call(c, this::dependency));
        } finally {
          tell(name + ": " + spend.report());
          assertThat(spend.report().phases())
              .extracting(PhaseReport::outcome)
              .doesNotContain(Outcome.RUNNING);
        }
      }
    }

    private String callStagesAsync(CancellableContext ctx) throws Exception {
      try (BudgetRun spend = BUDGET.start(ctx)) {
        String first =
            await(ctx, spend.callAsync(FIRST, c -> stack.callAsync(c, this::dependencyAsync)));
        return first.equals(LEFT_UNDER_WAY)
            ? first
            : await(ctx, spend.callAsync(LAST, c -> stack.callAsync(c, this::dependencyAsync)));
      }
    }

    private String callAsync(CancellableContext ctx) throws Exception {
      return await(
          ctx,
          random.nextInt(5) == 0
              ? safe.callAsync(ctx, this::dependencyAsync)
              : stack.callAsync(ctx, this::dependencyAsync));
    }

    private String await(CancellableContext ctx, CompletionStage<String> stage) throws Exception {
      CompletableFuture<String> future = stage.toCompletableFuture();
      if (random.nextInt(5) == 0) {
        time.start(
            name + "-gives-up",
            () -> {
              parkQuietly(millis(1, 100));
              future.cancel(true);
            });
      }
      try {
        // With more time than its caller has, a call ends by itself.
        return (beyondDeadline.isZero() ? ctx : root).await(future);
      } catch (ContextException ended) {
        assertEndsAtOnce(future);
        throw ended;
      } catch (ExecutionException e) {
        throw (Exception) e.getCause();
      } catch (InterruptedException outside) {
        return LEFT_UNDER_WAY;
      }
    }

    /**
     * The end of the context wakes the waiter and ends the call, in either order: what the call has
     * to say of it is only then told, and must not be mistaken for a word of the next one.
     */
    private void assertEndsAtOnce(CompletableFuture<String> future) throws InterruptedException {
      Duration since = time.elapsed();
      try {
        root.await(future.handle((answer, failure) -> Optional.ofNullable(failure)));
      } catch (ExecutionException e) {
        throw new AssertionError("handled above", e);
      }
      assertThat(time.elapsed()).as("the stage of %s ended", name).isEqualTo(since);
    }

    private String dependency(Context ctx) throws Exception {
      ctx.sleep(millis(0, 120));
      return switch (random.nextInt(8)) {
        case 6 -> throw rejection();
        case 0 -> throw new java.io.IOException("failed");
        case 1 -> throw new IllegalStateException("failed unchecked");
        case 2 -> {
          ctx.awaitDone();
          throw new java.io.IOException("aborted");
        }
        default -> "answer";
      };
    }

    private CompletableFuture<String> dependencyAsync(Context ctx) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      int kind = random.nextInt(8);
      if (kind == 0) {
        throw new IllegalStateException("failed at once");
      }
      if (kind == 1) {
        // Deaf to its context, and not done before everybody has left.
        time.startTimer(time.nanoTime() + LONG.toNanos(), () -> answer.complete("late"));
        return answer;
      }
      ctx.delay(millis(0, 120))
          .whenComplete(
              (nothing, end) -> {
                if (end != null) {
                  answer.completeExceptionally(end);
                } else if (kind == 2) {
                  answer.completeExceptionally(new java.io.IOException("failed"));
                } else if (kind == 3) {
                  answer.completeExceptionally(rejection());
                } else {
                  answer.complete("answer");
                }
              });
      return answer;
    }

    /** As of a policy further in, or of a stack that the work calls. */
    private RejectedException rejection() {
      return switch (random.nextInt(4)) {
        case 0 -> new CircuitOpenException("inner", millis(1, 200));
        case 1 -> new RateLimitExceededException("inner", millis(0, 50));
        case 2 -> new NoTimeLeftException("inner");
        default -> new ConcurrencyLimitExceededException("inner");
      };
    }

    private CancellableContext context() {
      return random.nextBoolean()
          ? root.withTimeout(millis(1, 300))
          : root.withTimeout(millis(300, 900));
    }

    private void leaveLater(CancellableContext ctx) {
      time.start(
          name + "-leaves",
          () -> {
            parkQuietly(millis(0, 150));
            ctx.cancel(CancelReason.USER);
          });
    }

    private void interruptLater(Thread thread) {
      time.start(
          name + "-stranger",
          () -> {
            parkQuietly(millis(0, 150));
            thread.interrupt();
          });
    }
  }

  private void parkQuietly(Duration duration) {
    long until = time.nanoTime() + duration.toNanos();
    while (until - time.nanoTime() > 0) {
      time.parkUntil(this, until);
      Thread.interrupted();
    }
  }

  private List<String> adaptiveSnapshots() {
    return adaptive.stream().map(limit -> limit.snapshot().toString()).toList();
  }

  private List<BreakerSnapshot> snapshots() {
    return breakers.stream().map(Breaker::snapshot).toList();
  }

  /** Law 6: a number on which a breaker decides is the same after a call that its caller left. */
  private void assertOnlyCancelledCounts(List<BreakerSnapshot> before) {
    for (int i = 0; i < before.size(); i++) {
      BreakerSnapshot was = before.get(i);
      BreakerSnapshot is = breakers.get(i).snapshot();
      assertThat(is.windowCalls()).isEqualTo(was.windowCalls());
      assertThat(is.windowFailures()).isEqualTo(was.windowFailures());
      assertThat(is.failed()).isEqualTo(was.failed());
      assertThat(is.opened()).isEqualTo(was.opened());
    }
  }

  private Duration millis(int from, int to) {
    return Duration.ofMillis(from + random.nextInt(to - from + 1));
  }

  private void tell(String line) {
    story.append(time.elapsed()).append(' ').append(line).append('\n');
  }
}
