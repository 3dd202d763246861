package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.WithFallback;
import dev.resilience.breaker.Breaker;
import dev.resilience.budget.BudgetRun;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.context.Key;
import dev.resilience.context.ThreadBinding;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.fallback.OperationFallbacks;
import dev.resilience.hedge.FirstSuccess;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.CallReportListener;
import dev.resilience.observe.ErrorAnalysis;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.DiscardRules;
import dev.resilience.policy.Next;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.stage.Stages;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import dev.resilience.timeout.TimeoutMonitor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Law 13 for all policies at once: in one virtual world, over random stacks, every function that a
 * user gives to any builder does {@linkplain Mischief mischief} at random. Every call ends,
 * whatever was borrowed comes back, no timer and no link is left, and whoever listens beside one
 * that throws is told all the same. A call that does not end is found by the virtual time, in which
 * nothing can happen any more.
 */
class EveryUserFunctionTest {

  private static final Key<String> TENANT = Key.of("tenant", String.class);

  /** Given elsewhere: to tasks, pools, pipelines; or to what only looks on. */
  private static boolean isOfPolicies(String function) {
    return Stream.of(
            "Breaker",
            "Chaos",
            "Fault",
            "Retry",
            "Backoff",
            "Hedge",
            "FirstSuccess",
            "Fallbacks",
            "OperationFallbacks",
            "ConcurrencyLimit",
            "RateLimit",
            "AdaptiveTimeout",
            "FixedTimeout",
            "ServiceTimeouts",
            "Classifier",
            "DiscardRules",
            "Preset",
            "Resilience",
            "WithFallback",
            "ErrorAnalysis",
            "Key",
            "Context")
        .anyMatch(type -> function.startsWith(type + "."));
  }

  @Test
  void every_call_ends_and_everything_comes_back() throws Exception {
    Set<String> asked = Mischief.nobodyAsked();
    int schedules = 10_000;
    Schedules.check(schedules, (seed, random) -> new World(seed, random, asked).play());
    if (!Schedules.isOneAlone() && Schedules.count(schedules) >= 1000) {
      Set<String> all = UserFunctions.all();
      all.removeIf(function -> !isOfPolicies(function));
      assertThat(Mischief.missing(all, asked))
          .as("functions of builders that this world does not ask: add them")
          .isEmpty();
    }
  }

  private static final class World {

    private final VirtualTime.Automatic time;
    private final CancellableContext root;
    private final RandomGenerator random;
    private final Mischief mischief;
    private final Permits permits = new Permits();
    private final Told toldBefore = new Told();
    private final Told toldAfter = new Told();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();

    /** What is borrowed just now, by whom. */
    private final List<IntSupplier> borrowed = new ArrayList<>();

    private final Resilience stack;

    World(long seed, RandomGenerator random, Set<String> asked) {
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time).withCancel();
      this.random = random;
      this.mischief = new Mischief(random, root, asked);
      this.stack = decorated(random.nextInt(12) == 0 ? preset() : ownStack());
    }

    // ---- functions

    private <R> R act(String function, R result) {
      return mischief.act(function, result);
    }

    private PolicyListener listener(String function) {
      return new PolicyListener() {
        @Override
        public void on(PolicyEvent event) {
          act(function, event);
        }

        @Override
        public boolean wantsCalls() {
          return act(function, true);
        }
      };
    }

    private Classifier classifier() {
      return Classifier.ofDefaults()
          .onFailure(IOException.class, e -> mischief.actOrNull("Classifier.onFailure", verdict()))
          .onFailureIf(e -> act("Classifier.onFailureIf", random.nextBoolean()), Verdict.FAILURE)
          .onResult(String.class, r -> mischief.actOrNull("Classifier.onResult", verdict()));
    }

    private Verdict verdict() {
      return switch (random.nextInt(8)) {
        case 0 -> Verdict.PERMANENT_FAILURE;
        case 1 -> Verdict.IGNORED;
        case 2 -> Verdict.REJECTED;
        case 3, 4 -> Verdict.SUCCESS;
        default -> Verdict.FAILURE;
      };
    }

    private Duration time(int millis) {
      return ofMillis(1 + random.nextInt(millis));
    }

    // ---- policies

    private Retry.Builder retry(Retry.Builder builder) {
      return builder
          .backoff(Backoff.of(attempt -> mischief.actOrNull("Backoff.of", time(50))))
          .classifier(classifier())
          .retryIf(e -> act("Retry.Builder.retryIf", random.nextBoolean()))
          .abortIf(e -> act("Retry.Builder.abortIf", random.nextInt(4) == 0))
          .retryAfter(
              IOException.class,
              e -> mischief.actOrNull("Retry.Builder.retryAfter", Optional.of(time(20))))
          .onDiscard(String.class, r -> act("Retry.Builder.onDiscard", r))
          .listener(listener("Retry.Builder.listener"));
    }

    private Hedge hedge() {
      return Hedge.builder()
          .delay(time(50))
          .maxHedges(1 + random.nextInt(3))
          .sharedBudget(RetryBudget.builder().minimumPerSecond(0).build())
          .pauseWhile(() -> act("Hedge.Builder.pauseWhile", random.nextInt(4) == 0))
          .classifier(classifier())
          .onDiscard(String.class, r -> act("Hedge.Builder.onDiscard", r))
          .listener(listener("Hedge.Builder.listener"))
          .build();
    }

    private Breaker breaker() {
      Breaker.Builder builder =
          Breaker.builder("breaker")
              .window(1 + random.nextInt(4))
              .openFor(time(20))
              .halfOpenPermits(1 + random.nextInt(2))
              .classifier(classifier())
              .listener(listener("Breaker.Builder.listener"));
      if (random.nextBoolean()) {
        builder.slowCallRate(0.5, time(20)).countSlowWhileRunning();
      }
      Breaker breaker = builder.build();
      borrowed.add(() -> breaker.snapshot().probesUnderWay());
      return breaker;
    }

    private FixedTimeout fixed() {
      FixedTimeout.Builder builder =
          FixedTimeout.builder("fixed", time(60))
              .listener(listener("FixedTimeout.Builder.listener"));
      FixedTimeout timeout = (random.nextInt(4) == 0 ? builder.isolated() : builder).build();
      borrowed.add(timeout::stillRunning);
      return timeout;
    }

    private AdaptiveTimeout adaptive() {
      AdaptiveTimeout timeout =
          AdaptiveTimeout.builder("adaptive")
              .between(time(5), ofMillis(60))
              .minSamples(1)
              .classifier(classifier())
              .listener(listener("AdaptiveTimeout.Builder.listener"))
              .build();
      borrowed.add(timeout::stillRunning);
      return timeout;
    }

    private ContextPolicy service() {
      TimeoutMonitor monitor = TimeoutMonitor.create();
      monitor.onOperation(name -> act("TimeoutMonitor.onOperation", name));
      return ServiceTimeouts.builder()
          .service("service", time(60))
          .networkOverhead(time(3))
          .listener(listener("ServiceTimeouts.Builder.listener"))
          .monitor(monitor)
          .build()
          .forService(random.nextBoolean() ? "service" : "other");
    }

    private RateLimit rate() {
      RateLimit limit =
          RateLimit.builder("rate")
              .rate(1 + random.nextInt(3), time(20))
              .maxWait(time(60))
              .listener(listener("RateLimit.Builder.listener"))
              .build();
      borrowed.add(() -> limit.snapshot().waiting());
      return limit;
    }

    private ConcurrencyLimit limit() {
      ConcurrencyLimit limit =
          random.nextBoolean()
              ? ConcurrencyLimit.builder("limit", 1 + random.nextInt(2))
                  .maxWaiting(random.nextInt(3))
                  .maxWait(time(60))
                  .fairBetween(TENANT)
                  .listener(listener("ConcurrencyLimit.Builder.listener"))
                  .build()
              : ConcurrencyLimit.adaptive("limit")
                  .between(1, 4)
                  .startingAt(1 + random.nextInt(4))
                  .maxWaiting(random.nextInt(3))
                  .classifier(classifier())
                  .listener(listener("ConcurrencyLimit.AdaptiveBuilder.listener"))
                  .build();
      borrowed.add(() -> limit.snapshot().inUse());
      borrowed.add(() -> limit.snapshot().waiting());
      return limit;
    }

    private Chaos chaos() {
      Chaos chaos =
          Chaos.builder("chaos")
              .faults(
                  Fault.error(
                      0.1, () -> mischief.actOrNull("Fault.error", new IOException("injected"))),
                  Fault.result(0.1, () -> act("Fault.result", "injected")),
                  Fault.behaviour(0.1, c -> act("Fault.behaviour", "done")),
                  Fault.slow(0.1, time(20)))
              .onlyIf(c -> act("Chaos.Builder.onlyIf", random.nextInt(3) > 0))
              .listener(listener("Chaos.Builder.listener"))
              .build();
      borrowed.add(() -> chaos.snapshot().waiting());
      return chaos;
    }

    private ContextPolicy policy(int kind) {
      return switch (kind) {
        case 0 -> retry(Retry.builder().budget(RetryBudget.unlimited())).build();
        case 1 -> hedge();
        case 2 -> breaker();
        case 3 -> fixed();
        case 4 -> adaptive();
        case 5 -> service();
        case 6 -> rate();
        case 7 -> limit();
        case 8 -> chaos();
        case 9 -> MoreTime.atLeast(time(40));
        default -> new Mischievous();
      };
    }

    private Resilience ownStack() {
      List<Integer> kinds = new ArrayList<>();
      for (int i = 0; i <= 10; i++) {
        kinds.add(i);
      }
      Collections.shuffle(kinds, new java.util.Random(random.nextLong()));
      List<ContextPolicy> policies = new ArrayList<>();
      kinds.stream().limit(1 + random.nextInt(4)).forEach(kind -> policies.add(policy(kind)));
      policies.add(permits);
      return Resilience.of(policies.toArray(new ContextPolicy[0]));
    }

    /** Who builds a preset gets what his own changes throw; then there is no stack to call. */
    private Resilience preset() {
      try {
        Preset preset =
            switch (random.nextInt(4)) {
              case 0 -> Preset.http("preset");
              case 1 -> Preset.rpc("preset");
              case 2 -> Preset.database("preset");
              default -> Preset.cache("preset");
            };
        if (random.nextBoolean()) {
          preset
              .unrepeatable(failure -> act("Preset.unrepeatable", random.nextBoolean()))
              .doubtfulIf(refusal -> act("Preset.doubtfulIf", random.nextInt(4) == 0));
        } else {
          preset.retry(builder -> act("Preset.retry", retry(builder)));
        }
        return preset
            .classifier(classifier())
            .hedge(builder -> act("Preset.hedge", builder.listener(listener("Preset.hedge"))))
            .breaker(builder -> act("Preset.breaker", builder.classifier(classifier())))
            .limit(builder -> act("Preset.limit", builder.between(1, 4)))
            .listener(listener("Preset.listener"))
            .build();
      } catch (Throwable refused) {
        return ownStack();
      }
    }

    /** What hears all calls hears them before and after one that throws. */
    private Resilience decorated(Resilience plain) {
      Resilience stack = random.nextBoolean() ? plain.withClassifier(classifier()) : plain;
      if (random.nextBoolean()) {
        stack =
            stack
                .withListener(toldBefore)
                .withAddedListener(listener("Resilience.withListener"))
                .withAddedListener(listener("Resilience.withAddedListener"))
                .withAddedListener(toldAfter);
      }
      if (random.nextBoolean()) {
        stack =
            stack
                .withReports(toldBefore)
                .withAddedReports(reports("Resilience.withReports"))
                .withAddedReports(reports("Resilience.withAddedReports"))
                .withAddedReports(toldAfter);
      }
      return stack;
    }

    private CallReportListener reports(String function) {
      return new CallReportListener() {
        @Override
        public void on(CallReport report) {
          act(function, report);
        }

        @Override
        public void onStep(Context ctx, CallReport.Step step) {
          act(function, step);
        }
      };
    }

    private Fallbacks<String> fallbacks() {
      Fallbacks<String> all =
          Fallbacks.<String>onTimeout((c, e) -> mischief.actOrNull("Fallbacks.onTimeout", "late"))
              .or(Fallbacks.onOpenCircuit((c, e) -> act("Fallbacks.onOpenCircuit", "open")))
              .or(Fallbacks.onRejection((c, e) -> act("Fallbacks.onRejection", "rejected")))
              .or(Fallbacks.onBadResult((c, e) -> act("Fallbacks.onBadResult", "bad")))
              .or(
                  Fallbacks.<String, IOException>onFailure(
                      IOException.class, (c, e) -> act("Fallbacks.onFailure", "failed")))
              .or(
                  Fallbacks.<String>onAny((c, e) -> act("Fallbacks.onAny", "any"))
                      .asOf(v -> mischief.actOrNull("Fallbacks.asOf", Instant.EPOCH)));
      Fallbacks<String> staged =
          Fallbacks.<String>onTimeoutAsync((c, e) -> stage("Fallbacks.onTimeoutAsync"))
              .or(Fallbacks.onOpenCircuitAsync((c, e) -> stage("Fallbacks.onOpenCircuitAsync")))
              .or(Fallbacks.onRejectionAsync((c, e) -> stage("Fallbacks.onRejectionAsync")))
              .or(Fallbacks.onBadResultAsync((c, e) -> stage("Fallbacks.onBadResultAsync")))
              .or(
                  Fallbacks.<String, IOException>onFailureAsync(
                      IOException.class, (c, e) -> stage("Fallbacks.onFailureAsync")))
              .or(Fallbacks.onAnyAsync((c, e) -> stage("Fallbacks.onAnyAsync")));
      Fallbacks<String> either =
          (random.nextBoolean() ? all.or(staged) : staged.or(all))
              .within(time(60))
              .listener(listener("Fallbacks.listener"));
      return random.nextBoolean()
          ? either
          : OperationFallbacks.builder()
              .operation("known", String.class, either)
              .build()
              .forOperation("known", String.class);
    }

    private CompletionStage<String> stage(String function) {
      CompletionStage<String> staged =
          random.nextInt(4) == 0
              ? CompletableFuture.failedStage(failure())
              : CompletableFuture.completedStage("staged");
      return mischief.actOrNull(function, staged);
    }

    // ---- work

    private String work(Context ctx) throws Exception {
      ctx.sleep(time(60));
      if (random.nextInt(3) == 0) {
        throw new IOException("down");
      }
      return mischief.actOrNull("Call", "answer");
    }

    private CompletionStage<String> stagedWork(Context ctx) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      boolean fails = random.nextInt(3) == 0;
      Stages.watch(
          ctx.delay(time(60)),
          answer,
          (nothing, end) -> {
            if (end != null || fails) {
              answer.completeExceptionally(end != null ? end : failure());
            } else {
              answer.complete("answer");
            }
          });
      return mischief.actOrNull("AsyncCall", answer);
    }

    /** What a stage of the user's fails with, which no try block of ours has around it. */
    private Throwable failure() {
      return switch (random.nextInt(6)) {
        case 0 -> new Mischief.Hostile();
        case 1 -> new NoClassDefFoundError("down");
        case 2 -> new CompletionException("down", new Mischief.Hostile());
        default -> new IOException("down");
      };
    }

    private void call(Context ctx) throws Throwable {
      WithFallback<String> safe = stack.withFallback(fallbacks()).judgedBy(classifier());
      FirstSuccess race =
          FirstSuccess.builder()
              .classifier(classifier())
              .onDiscard(String.class, r -> act("FirstSuccess.Builder.onDiscard", r))
              .listener(listener("FirstSuccess.Builder.listener"))
              .build();
      Phase first = Phase.of("first", 1);
      Phase last = Phase.of("last", 1);
      switch (random.nextInt(10)) {
        case 0, 1 -> stack.call(ctx, this::work);
        case 2, 3 -> await(stack.callAsync(ctx, this::stagedWork));
        case 4 -> safe.callDegradable(ctx, this::work);
        case 5 -> await(safe.callAsync(ctx, this::stagedWork));
        case 6 -> race.call(ctx, this::work, this::work);
        case 7 -> await(race.<String>callAsync(ctx, this::stagedWork, this::stagedWork));
        case 8 -> {
          try (BudgetRun spend = TimeBudget.of(first, last).start(ctx)) {
            spend.call(first, c -> safe.call(c, this::work));
            spend.call(last, this::work);
          }
        }
        default -> {
          try (BudgetRun spend = TimeBudget.of(first, last).start(ctx)) {
            await(spend.callAsync(first, c -> safe.callAsync(c, this::stagedWork)));
            await(spend.callAsync(last, this::stagedWork));
          }
        }
      }
    }

    /** By somebody with all the time in the world: the stage completes by itself. */
    private void await(CompletionStage<?> stage) throws Exception {
      try (CancellableContext patience = root.withTimeout(ofMinutes(10))) {
        patience.await(stage.handle((value, failure) -> "ended"));
      }
      assertThat(stage.toCompletableFuture()).isDone();
    }

    /** Rules that only judge. */
    private void judge(Context ctx) {
      try (CancellableContext left = ctx.withCancel()) {
        left.cancel(new IOException("the user's reason"));
        analyse(left);
      }
      DiscardRules.none()
          .with(String.class, result -> act("DiscardRules.with", result))
          .discard("result");
      ctx.withValue(
          TENANT.checked("any", value -> act("Key.checked", random.nextBoolean())), "one");
    }

    private void analyse(Context ctx) {
      ErrorAnalysis.ofDefaults()
          .userCancellationIf(
              cause -> act("ErrorAnalysis.userCancellationIf", random.nextBoolean()))
          .judgedBy(classifier())
          .kindOf(ctx, new IOException("down"));
    }

    void play() throws Exception {
      int callers = 1 + random.nextInt(3);
      time.run(
          () -> {
            for (int i = 0; i < callers; i++) {
              time.start("caller " + i, this::caller);
            }
            return null;
          });
      assertThat(ended).as("callers that ended").hasValue(callers);
      assertThat(permits.out).as("permits that are out").hasValue(0);
      for (IntSupplier each : borrowed) {
        assertThat(each.getAsInt()).as("borrowed").isZero();
      }
      assertThat(toldAfter.calls).as("told after one that throws").hasValue(toldBefore.calls.get());
      assertThat(toldAfter.reports).hasValue(toldBefore.reports.get());
      assertThat(toldAfter.steps).hasValue(toldBefore.steps.get());
      assertThat(toldAfter.ends).as("told of ends").hasValue(begun.get());
      assertThat(ContextProbe.waiters(root)).as("listeners").isZero();
      assertThat(time.pendingTimers()).as("timers").isZero();
    }

    private void caller() {
      for (int i = 0; i < 2; i++) {
        Context from = random.nextInt(3) == 0 ? Criticality.SHEDDABLE.in(root) : root;
        try (CancellableContext ctx =
            random.nextBoolean() ? from.withCancel() : from.withTimeout(time(400))) {
          begun.incrementAndGet();
          ctx.onDone(() -> act("Context.onDone", "done"));
          ctx.onDone(toldAfter.ends::incrementAndGet);
          if (random.nextInt(4) == 0) {
            leave(ctx);
          }
          Context named = ctx.withValue(TENANT, "tenant " + random.nextInt(2));
          call(random.nextInt(4) == 0 ? named.withBinding(this::bind) : named);
        } catch (Throwable any) {
          // As good as any.
        }
        try {
          judge(root);
        } catch (Throwable any) {
          // As good as any.
        }
        Thread.interrupted();
      }
      ended.incrementAndGet();
    }

    private ThreadBinding.Bound bind(Context ctx) {
      return mischief.actOrNull("Context.withBinding", () -> act("Context.withBinding", "left"));
    }

    private void leave(CancellableContext ctx) {
      Duration after = time(60);
      time.start(
          "leaver",
          () -> {
            root.sleep(after);
            ctx.cancel();
          });
    }

    /** A policy of the user's, which does not what it should. */
    private final class Mischievous implements ContextPolicy {

      @Override
      public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
        T result = next.call(ctx, work);
        act("ContextPolicy.call", "called");
        return result;
      }

      @Override
      public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
        act("ContextPolicy.callAsync", "called");
        return mischief.actOrNull("ContextPolicy.callAsync", next.callAsync(ctx, work));
      }

      @Override
      public Optional<Duration> timeout() {
        return act("ContextPolicy.timeout", Optional.of(ofMillis(50)));
      }
    }
  }

  /** Somebody who listens, and does nothing wrong. */
  private static final class Told implements PolicyListener, CallReportListener {

    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger reports = new AtomicInteger();
    private final AtomicInteger steps = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();

    @Override
    public void on(PolicyEvent event) {
      calls.incrementAndGet();
    }

    @Override
    public void on(CallReport report) {
      reports.incrementAndGet();
    }

    @Override
    public void onStep(Context ctx, CallReport.Step step) {
      steps.incrementAndGet();
    }
  }

  /** Lends something to each call. */
  private static final class Permits implements ContextPolicy {

    private final AtomicInteger out = new AtomicInteger();

    @Override
    public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
      out.incrementAndGet();
      try {
        return next.call(ctx, work);
      } finally {
        out.decrementAndGet();
      }
    }

    @Override
    public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
      out.incrementAndGet();
      CompletableFuture<T> answer = new CompletableFuture<>();
      Stages.watch(
          next.callAsync(ctx, work),
          answer,
          (value, failure) -> {
            out.decrementAndGet();
            Stages.complete(answer, value, failure);
          });
      return answer;
    }
  }
}
