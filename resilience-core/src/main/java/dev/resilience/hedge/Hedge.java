package dev.resilience.hedge;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.DiscardRules;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.BoundedStage;
import dev.resilience.stage.Stages;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts a second attempt when the first one is slow, and takes whichever answers first. For calls
 * that may be made twice, where a few are much slower than the rest.
 *
 * <pre>{@code
 * Hedge hedge = Hedge.builder().percentile(0.95).maxHedges(1).build();
 * Quote quote = Resilience.of(hedge, breaker).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li>A hedge starts after a fixed delay, or when the attempt takes longer than most of the last
 *       256 did: by default longer than 95 % of them, so that one call in twenty is hedged, and at
 *       least twice as long as half of them. What the caller cancelled says nothing of durations;
 *       an attempt that was overtaken counts for the delay.
 *   <li>The first good result wins; the contexts of the others end with {@link
 *       dev.resilience.context.CancelReason#SUPERSEDED} before the caller has it.
 *   <li>Failures are for a retry: one that comes before any hedge is passed on. Where attempts fail
 *       side by side, the last failure is thrown with the others suppressed. An {@link Error}, and
 *       what a {@link Classifier} calls permanent or ignored, ends the call at once.
 *   <li>A hedge that the {@link RetryBudget} does not allow, by default a fifth of the calls, or
 *       that does not fit into the time left, is not started; the attempt goes on alone. Nor is one
 *       while a concurrency limit shrinks or rejects ({@link #limitListener}), or for a call that
 *       is {@linkplain dev.resilience.context.Criticality#isSheddable sheddable} once the budget is
 *       half empty.
 * </ul>
 *
 * <p>The work of {@code call} runs on threads of the time source's executor, since attempts run
 * side by side; what is bound to the caller's thread is not there. It is interrupted when its
 * attempt is overtaken. Work that ignores this runs on by itself, and its result is dropped.
 *
 * <p>J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.
 *
 * <p>Thread-safe. A call costs a change of threads where it blocks, a timer set and cleared, two
 * readings of the clock and some ten small objects, hedged or not.
 */
public final class Hedge implements ContextPolicy {

  private static final int MOST_HEDGES = 1000;

  private final String name;
  private final int maxHedges;
  private final Duration delay;
  private final @Nullable HedgeDelay observed;
  private final Classifier classifier;
  private final LongAdder calls = new LongAdder();
  private final LongAdder hedges = new LongAdder();
  private final LongAdder hedgesWon = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final RetryBudget budget;
  private final boolean ownsBudget;
  private final BooleanSupplier pause;
  private final RecentRejection rejection = new RecentRejection();
  private final DiscardRules discards;
  private final RaceEvents events;

  private Hedge(Builder builder) {
    this.name = builder.name;
    this.maxHedges = builder.maxHedges;
    this.delay = builder.delay;
    this.observed = builder.percentile > 0 ? new HedgeDelay(builder.percentile) : null;
    this.classifier = builder.classifier;
    this.budget = builder.budget != null ? builder.budget : RetryBudget.ofDefaults();
    this.ownsBudget = builder.ownsBudget;
    this.pause = builder.pause;
    this.discards = builder.discards;
    this.events = new RaceEvents(builder.name, builder.listener);
  }

  /** One hedge, after the observed 95th percentile. */
  public static Hedge ofDefaults() {
    return builder().build();
  }

  /**
   * One hedge after a fixed delay.
   *
   * @param delay positive
   */
  public static Hedge after(Duration delay) {
    return builder().delay(delay).build();
  }

  /** Returns a builder with all defaults set, for one that is named {@code hedge}. */
  public static Builder builder() {
    return builder("hedge");
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name in events, reports and messages
   */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /** The name in messages. */
  public String name() {
    return name;
  }

  /** After how long a hedge would start now. */
  public Duration currentDelay() {
    long nanos = observed == null ? HedgeDelay.UNKNOWN : observed.nanos();
    return nanos == HedgeDelay.UNKNOWN ? delay : Duration.ofNanos(nanos);
  }

  /**
   * Give this to the concurrency limit of the same dependency: while that shrinks, and for a second
   * after it has rejected a call, no hedge starts.
   */
  public PolicyListener limitListener() {
    return event -> {
      if (event instanceof PolicyEvent.ConcurrencyLimitChanged changed) {
        budget.limitChanged(changed.from(), changed.to());
      } else if (event instanceof PolicyEvent.Rejected) {
        rejection.happened();
      }
    };
  }

  /** The numbers as of now. */
  public HedgeSnapshot snapshot() {
    return new HedgeSnapshot(
        name, currentDelay(), calls.sum(), hedges.sum(), hedgesWon.sum(), refused.sum());
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    return start(ctx, AttemptStarter.<T>blocking(c -> next.call(c, work))).<X>await();
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    AsyncCall<T> watched =
        discards.isEmpty() ? work : c -> BoundedStage.of(c, work.call(c), discards::discard);
    return start(ctx, AttemptStarter.<T>staged(c -> next.callAsync(c, watched))).stage();
  }

  private <T extends @Nullable Object> Race<T> start(Context ctx, AttemptStarter<T> starter) {
    calls.increment();
    Duration after = currentDelay();
    Course course = new Course(ctx, after);
    Race<T> race = new Race<>(ctx, classifier, discards, course);
    race.enter(1);
    course.started(0);
    hedgeLater(race, course, ctx, starter, 1, after);
    race.start(0, starter);
    return race;
  }

  private <T extends @Nullable Object> void hedgeLater(
      Race<T> race,
      Course course,
      Context ctx,
      AttemptStarter<T> starter,
      int number,
      Duration after) {
    if (number > maxHedges || !ctx.hasTimeFor(after)) {
      return;
    }
    Stages.watch(
        race.context().delay(after),
        (nothing, decided) -> {
          // Entered first: else the budget would pay for an attempt that comes too late.
          if (decided != null || !race.enterLate()) {
            return;
          }
          if (!isAllowed(race, ctx)) {
            refused.increment();
            race.withdraw();
            return;
          }
          hedges.increment();
          course.started(number);
          events.hedged(ctx, number, after);
          hedgeLater(race, course, ctx, starter, number + 1, after);
          race.start(number, starter);
        });
  }

  /** What is thrown here, as by a budget that is used under a second time source, ends the call. */
  private boolean isAllowed(Race<?> race, Context ctx) {
    try {
      return !rejection.isRecent(ctx)
          && !pause.getAsBoolean()
          && budget.tryAcquire(
              ctx, ownsBudget ? RetryBudget.Reason.FAILURE : RetryBudget.Reason.HEDGE);
    } catch (Throwable broken) {
      race.breakOff(broken);
      return false;
    }
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.HEDGE;
  }

  @Override
  public String toString() {
    return name
        + " ("
        + maxHedges
        + (maxHedges == 1 ? " hedge" : " hedges")
        + " after "
        + (observed == null ? DurationText.of(delay) : observed.toString())
        + ")";
  }

  /** When the attempts of a call started, and what their ends tell of durations. */
  private final class Course implements Race.Watcher {

    private final Context caller;
    private final long delay;
    private final AtomicLongArray starts = new AtomicLongArray(maxHedges + 1);
    private final AtomicBoolean recorded = new AtomicBoolean();
    private final AtomicInteger started = new AtomicInteger();

    Course(Context caller, Duration delay) {
      this.caller = caller;
      this.delay = Durations.toNanos(delay);
    }

    void started(int attempt) {
      started.incrementAndGet();
      if (observed != null) {
        starts.set(attempt, caller.timeSource().nanoTime());
      }
    }

    @Override
    public void finished(int attempt, Verdict verdict) {
      if (ownsBudget && verdict == Verdict.SUCCESS && recorded.compareAndSet(false, true)) {
        budget.recordSuccess();
      }
      if (observed == null) {
        return;
      }
      long now = caller.timeSource().nanoTime();
      switch (verdict.sample()) {
        case EXACT -> {
          observed.took(now - starts.get(attempt));
          if (attempt > 0) {
            tookAtLeast(now - starts.get(0));
          }
        }
        case AT_LEAST -> tookAtLeast(now - starts.get(attempt));
        case NONE -> {}
      }
    }

    @Override
    public void decided(int winner) {
      if (winner > 0) {
        hedgesWon.increment();
      }
      events.decided(caller, winner, started.get());
    }

    /**
     * Counts for the delay, not for all of the time that it ran: where many attempts hang, each
     * would otherwise push the delay up by as much as its hedge took, without end.
     */
    private void tookAtLeast(long nanos) {
      if (observed != null) {
        observed.tookAtLeast(Math.min(nanos, delay));
      }
    }
  }

  /** Builds a {@link Hedge}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int maxHedges = 1;
    private Duration delay = Duration.ofMillis(100);
    private double percentile = 0.95;
    private Classifier classifier = Classifier.ofDefaults();
    private @Nullable RetryBudget budget;
    private boolean ownsBudget = true;
    private BooleanSupplier pause = () -> false;
    private DiscardRules discards = DiscardRules.none();
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * How many attempts besides the first one, each after the same delay.
     *
     * @param newMaxHedges 1 to 1000. Default: 1
     */
    public Builder maxHedges(int newMaxHedges) {
      if (newMaxHedges < 1 || newMaxHedges > MOST_HEDGES) {
        throw new IllegalArgumentException(
            "maxHedges: " + newMaxHedges + " (expected: 1 to " + MOST_HEDGES + ")");
      }
      maxHedges = newMaxHedges;
      return this;
    }

    /**
     * Starts a hedge after a fixed time; a percentile is then not looked at.
     *
     * @param newDelay positive
     */
    public Builder delay(Duration newDelay) {
      delay = Durations.requirePositive(newDelay, "delay");
      percentile = 0;
      return this;
    }

    /**
     * Starts a hedge when the attempt takes longer than this share of the last 256, but not before
     * 1 ms, nor before twice their median. Default: 0.95
     *
     * @param share above 0 and below 1
     */
    public Builder percentile(double share) {
      if (!(share > 0 && share < 1)) {
        throw new IllegalArgumentException("percentile: " + share + " (expected: > 0 and < 1)");
      }
      percentile = share;
      return this;
    }

    /**
     * The delay until twenty durations have been seen.
     *
     * @param newDelay positive. Default: 100 ms
     */
    public Builder initially(Duration newDelay) {
      delay = Durations.requirePositive(newDelay, "initially");
      return this;
    }

    /** Judges what became of an attempt. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * Keeps hedges under a share of the calls, however many are slow. Successes are counted here;
     * for the budget of a retry, which counts them, see {@link #sharedBudget}. Default: one of its
     * own, {@link RetryBudget#ofDefaults}.
     */
    public Builder budget(RetryBudget newBudget) {
      budget = Objects.requireNonNull(newBudget, "budget");
      ownsBudget = true;
      return this;
    }

    /**
     * Takes hedges from the budget of a retry in the same stack, which counts the successes.
     * Together they stay under its share, and hedges leave half of it to retries.
     */
    public Builder sharedBudget(RetryBudget newBudget) {
      budget = Objects.requireNonNull(newBudget, "budget");
      ownsBudget = false;
      return this;
    }

    /**
     * Starts no hedge while this is true, for example near the limit of concurrent calls. Asked
     * when a hedge is due. Default: never.
     *
     * @param busy must be thread-safe; what it throws ends the call
     */
    public Builder pauseWhile(BooleanSupplier busy) {
      pause = Objects.requireNonNull(busy, "busy");
      return this;
    }

    /**
     * What to do with a result of this type that is not the answer, because another attempt was
     * faster or better, such as to close a response. Default: it is dropped.
     *
     * @param type of the result
     * @param action must be thread-safe; what it throws is logged
     */
    public <R> Builder onDiscard(Class<R> type, Consumer<? super R> action) {
      discards = discards.with(type, action);
      return this;
    }

    /** Hears of hedges that started, and of how calls with hedges ended. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy. */
    public Hedge build() {
      return new Hedge(this);
    }
  }
}
