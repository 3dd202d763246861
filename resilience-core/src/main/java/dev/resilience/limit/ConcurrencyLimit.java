package dev.resilience.limit;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Key;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.Failures;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.queue.Ticket;
import dev.resilience.stage.Stages;
import dev.resilience.text.Arguments;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how many calls are under way at once: a bulkhead. Its size is fixed, or adapts to what
 * the dependency can bear.
 *
 * <pre>{@code
 * ConcurrencyLimit limit = ConcurrencyLimit.adaptive("quotes").build();
 * Resilience quotes = Resilience.of(retry, breaker, limit, timeout);
 * Quote quote = quotes.call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li>A call that finds no permit waits, if it may, and is otherwise rejected with a {@link
 *       ConcurrencyLimitExceededException}.
 *   <li>The more critical calls go first ({@link dev.resilience.context.Criticality}), then, where
 *       the limit is told whose calls they are, one tenant after the other. Among equals, first
 *       come, first served; while calls have to wait for longer than 10 ms, the newest first.
 *   <li>A call is rejected as soon as it can no longer be served before its deadline: when it
 *       comes, and again when calls become slower, the limit smaller, or others go first.
 *   <li>A permit is given back exactly once: when a blocking call returns, when the stage of an
 *       asynchronous one completes, which it does at the end of its context at the latest.
 *       Asynchronous work that does not hear of that end then runs on without a permit.
 *   <li>An <b>adaptive</b> limit compares how long calls take with how long they took when it was
 *       not felt. It grows while it is used and calls are not slower, shrinks when they are, and
 *       goes back where shrinking did not help. A call that its caller cancelled says nothing, one
 *       that was cut off by a deadline or a time-out took "at least this long", one that failed or
 *       was rejected inside says nothing.
 * </ul>
 *
 * <p>Place it inside of retries and breakers, and outside of time-outs: it is to hear which calls
 * were cut off.
 *
 * <p>Thread-safe. A call that finds a permit costs one compare-and-set and one addition, blocking
 * allocates nothing. An adaptive limit measures each call while there are few, and about 2,000 in a
 * second at the most.
 */
public final class ConcurrencyLimit implements ContextPolicy {

  private final PermitQueue queue;
  private final MeasuredCall measured;
  private final boolean isMeasuring;
  private final String description;

  private ConcurrencyLimit(PermitQueue queue, Classifier classifier, String description) {
    this.queue = queue;
    this.measured = new MeasuredCall(queue, classifier);
    this.isMeasuring = queue.isMeasuring();
    this.description = description;
  }

  /**
   * A fixed limit where no call waits.
   *
   * @param permits how many calls at once, at least 1
   */
  public static ConcurrencyLimit of(int permits) {
    return builder("concurrency limit", permits).build();
  }

  /**
   * Returns a builder of a fixed limit.
   *
   * @param name in messages and events
   * @param permits how many calls at once, at least 1
   */
  public static Builder builder(String name, int permits) {
    return new Builder(name, permits);
  }

  /**
   * Returns a builder of a limit that finds its size.
   *
   * @param name in messages and events
   */
  public static AdaptiveBuilder adaptive(String name) {
    return new AdaptiveBuilder(name);
  }

  /** The name in messages and events. */
  public String name() {
    return queue.name();
  }

  /** How many calls may be under way at once, as of now. */
  public int limit() {
    return queue.limit();
  }

  /** The figures as of now. */
  public ConcurrencyLimitSnapshot snapshot() {
    return queue.snapshot();
  }

  // ---- permits by hand

  /**
   * A permit, if there is one and nobody waits for it. Never waits. An adaptive limit learns
   * nothing from it: use {@link #tryAcquire(Context)} there.
   */
  @CheckReturnValue
  public Optional<Permit> tryAcquire() {
    if (queue.tryAcquire() >= 0) {
      return Optional.of(new Permit(queue));
    }
    queue.refuse(null);
    return Optional.empty();
  }

  /**
   * A permit, if there is one and nobody waits for it. Never waits.
   *
   * @param ctx whose end says what the time that the permit was held means
   * @throws ContextException if the context has ended
   */
  @CheckReturnValue
  public Optional<Permit> tryAcquire(Context ctx) {
    ctx.throwIfDone();
    long admission = tryAcquireChecked(ctx);
    if (admission >= 0) {
      return Optional.of(permit(ctx, admission));
    }
    queue.refuse(ctx);
    return Optional.empty();
  }

  /**
   * A permit, after a wait if need be.
   *
   * @param ctx whose end ends the wait
   * @return to be closed
   * @throws ConcurrencyLimitExceededException at once, or while it waits, if there is no permit in
   *     time, or too many wait
   * @throws ContextException if the context has ended or ends first
   * @throws InterruptedException if the thread is or was interrupted, and has to wait
   */
  @MustBeClosed
  public Permit acquire(Context ctx) throws InterruptedException {
    ctx.throwIfDone();
    long admission = tryAcquireChecked(ctx);
    if (admission >= 0) {
      return permit(ctx, admission);
    }
    Ticket ticket = queue.enter(ctx, true);
    queue.await(ctx, ticket);
    return permitAfterWait(ctx, ticket);
  }

  /**
   * As {@link #acquire}, without blocking. The stage is complete if there is a permit. Else it
   * completes when it is the call's turn, on the executor of the context's time source, or fails
   * with the same exceptions, not wrapped. A permit that nobody gets, because the future was
   * cancelled, is given back.
   *
   * @param ctx whose end ends the wait
   * @return a permit that is to be closed
   */
  @CheckReturnValue
  public CompletionStage<Permit> acquireAsync(Context ctx) {
    Ticket ticket;
    try {
      ctx.throwIfDone();
      long admission = tryAcquireChecked(ctx);
      if (admission >= 0) {
        return CompletableFuture.completedFuture(permit(ctx, admission));
      }
      ticket = queue.enter(ctx, false);
      if (!ticket.hasWaited()) {
        return CompletableFuture.completedFuture(permitAfterWait(ctx, ticket));
      }
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
    }
    CompletableFuture<Permit> turn = new CompletableFuture<>();
    queue.whenTurn(
        ctx,
        ticket,
        left -> {
          if (left != null) {
            turn.completeExceptionally(left);
          } else {
            hand(turn, ctx, ticket);
          }
        });
    return turn;
  }

  private void hand(CompletableFuture<Permit> turn, Context ctx, Ticket ticket) {
    Permit permit;
    try {
      permit = permitAfterWait(ctx, ticket);
    } catch (Throwable broken) {
      turn.completeExceptionally(broken);
      return;
    }
    if (!turn.complete(permit)) {
      permit.ignore();
    }
  }

  private Permit permitAfterWait(Context ctx, Ticket ticket) {
    try {
      queue.tellWait(ctx, ticket);
      return isMeasuring ? new Permit(queue, ctx, queue.inUse()) : new Permit(queue);
    } catch (Throwable broken) {
      queue.release();
      throw broken;
    }
  }

  private Permit permit(Context ctx, long admission) {
    try {
      return queue.isMeasured(admission)
          ? new Permit(queue, ctx, PermitCounter.inUse(admission))
          : new Permit(queue);
    } catch (Throwable broken) {
      queue.release();
      throw broken;
    }
  }

  /** Where time is measured, it is that of one time source. */
  private long tryAcquireChecked(Context ctx) {
    if (isMeasuring) {
      queue.checkTime(ctx);
    }
    return queue.tryAcquire();
  }

  // ---- in a stack

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long admission = tryAcquireChecked(ctx);
    if (admission < 0) {
      return callAfterWait(ctx, next, work);
    }
    try {
      return queue.isMeasured(admission)
          ? callMeasured(ctx, next, work, PermitCounter.inUse(admission))
          : next.call(ctx, work);
    } finally {
      queue.release();
    }
  }

  private <T extends @Nullable Object, X extends Throwable> T callAfterWait(
      Context ctx, Next next, Call<T, X> work) throws X {
    Ticket ticket = queue.enter(ctx, true);
    try {
      queue.await(ctx, ticket);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    }
    try {
      queue.tellWait(ctx, ticket);
      return isMeasuring ? callMeasured(ctx, next, work, queue.inUse()) : next.call(ctx, work);
    } finally {
      queue.release();
    }
  }

  private <T extends @Nullable Object, X extends Throwable> T callMeasured(
      Context ctx, Next next, Call<T, X> work, int inUse) throws X {
    long began = ctx.timeSource().nanoTime();
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      measured.failed(ctx, failure, began, inUse);
      throw failure;
    }
    measured.returned(ctx, result, began, inUse);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Ticket ticket;
    try {
      long admission = tryAcquireChecked(ctx);
      if (admission >= 0) {
        int inUse = queue.isMeasured(admission) ? PermitCounter.inUse(admission) : 0;
        return AsyncPermit.start(queue, measured, ctx, next, work, inUse);
      }
      ticket = queue.enter(ctx, false);
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
    }
    if (!ticket.hasWaited()) {
      return AsyncPermit.start(queue, measured, ctx, next, work, isMeasuring ? queue.inUse() : 0);
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    queue.whenTurn(
        ctx,
        ticket,
        left -> {
          if (left != null) {
            answer.completeExceptionally(left);
            return;
          }
          Stages.forward(
              AsyncPermit.startAfter(
                  ticket, queue, measured, ctx, next, work, isMeasuring ? queue.inUse() : 0),
              answer);
        });
    return answer;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.LIMIT;
  }

  @Override
  public String toString() {
    return description.isEmpty()
        ? name() + " (adaptive, now " + limit() + " at once)"
        : name() + " (" + description + ")";
  }

  /** Builds a fixed {@link ConcurrencyLimit}. Not thread-safe. */
  public static final class Builder {

    private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofNanos(Long.MAX_VALUE);

    private final int permits;
    private QueueConfig config;

    private Builder(String name, int permits) {
      this.permits = Arguments.requireAtLeastOne(permits, "permits");
      this.config = QueueConfig.of(name, 0, AS_LONG_AS_IT_TAKES);
    }

    /**
     * How many calls may wait. One too many takes the place of the least critical, and among equals
     * of the one that would be served last.
     *
     * @param maxWaiting at least 0. Default: 0, no call waits; with {@link #maxWait} alone: any
     *     number
     */
    public Builder maxWaiting(int maxWaiting) {
      config = config.withMaxWaiting(maxWaiting);
      return this;
    }

    /**
     * How long a call may wait, besides its deadline.
     *
     * @param maxWait positive. Default: as long as the context lets
     */
    public Builder maxWait(Duration maxWait) {
      config = config.withMaxWait(Durations.requirePositive(maxWait, "maxWait"));
      if (config.maxWaiting() == 0) {
        config = config.withMaxWaiting(Integer.MAX_VALUE);
      }
      return this;
    }

    /**
     * The key of the tenant of a call. Tenants take turns while calls wait, so that one who sends
     * ten times its share delays the others hardly at all.
     *
     * @param tenant the key of a context value; calls without one are a tenant of their own.
     *     Default: all calls are equal
     */
    public Builder fairBetween(Key<String> tenant) {
      config = config.withTenantKey(tenant);
      return this;
    }

    /** Receives the calls that waited, and those that were rejected. Default: none. */
    public Builder listener(PolicyListener listener) {
      config = config.withListener(listener);
      return this;
    }

    /** Builds the limit. */
    public ConcurrencyLimit build() {
      // Those who wait are judged by how long calls take; the size stays.
      ConcurrencyEstimator durations =
          config.maxWaiting() == 0 ? null : new ConcurrencyEstimator(permits, permits, permits);
      String waiting =
          config.maxWaiting() == 0
              ? ""
              : config.maxWaiting() == Integer.MAX_VALUE
                  ? ", others wait"
                  : ", " + config.maxWaiting() + " waiting";
      return new ConcurrencyLimit(
          new PermitQueue(config, permits, durations),
          Classifier.ofDefaults(),
          permits + " at once" + waiting);
    }
  }

  /** Builds an adaptive {@link ConcurrencyLimit}. Not thread-safe. */
  public static final class AdaptiveBuilder {

    private static final Duration USUAL_MAX_WAIT = Duration.ofSeconds(1);

    private QueueConfig config;
    private int start = 10;
    private int floor = 1;
    private int ceiling = 1_000;
    private Classifier classifier = Classifier.ofDefaults();

    private AdaptiveBuilder(String name) {
      this.config = QueueConfig.of(name, Integer.MAX_VALUE, USUAL_MAX_WAIT);
    }

    /**
     * The limit before the first samples. It doubles in each window from there while it is used.
     *
     * @param permits at least 1; cut to the floor and the ceiling. Default: 10
     */
    public AdaptiveBuilder startingAt(int permits) {
      start = Arguments.requireAtLeastOne(permits, "permits");
      return this;
    }

    /**
     * The smallest and the largest limit.
     *
     * @param newFloor at least 1. Default: 1
     * @param newCeiling at least the floor. Default: 1,000
     */
    public AdaptiveBuilder between(int newFloor, int newCeiling) {
      Arguments.requireAtLeastOne(newFloor, "floor");
      if (newCeiling < newFloor) {
        throw new IllegalArgumentException(
            "ceiling: " + newCeiling + " (expected: >= " + newFloor + ", the floor)");
      }
      floor = newFloor;
      ceiling = newCeiling;
      return this;
    }

    /**
     * How many calls may wait. Default: any number; the time is what bounds them.
     *
     * @param maxWaiting at least 0; 0: no call waits
     */
    public AdaptiveBuilder maxWaiting(int maxWaiting) {
      config = config.withMaxWaiting(maxWaiting);
      return this;
    }

    /**
     * How long a call may wait, besides its deadline.
     *
     * @param maxWait zero: not at all. Default: 1 s
     */
    public AdaptiveBuilder maxWait(Duration maxWait) {
      config = config.withMaxWait(maxWait);
      if (maxWait.isZero()) {
        config = config.withMaxWaiting(0);
      }
      return this;
    }

    /**
     * The key of the tenant of a call. Tenants take turns while calls wait, so that one who sends
     * ten times its share delays the others hardly at all.
     *
     * @param tenant the key of a context value; calls without one are a tenant of their own.
     *     Default: all calls are equal
     */
    public AdaptiveBuilder fairBetween(Key<String> tenant) {
      config = config.withTenantKey(tenant);
      return this;
    }

    /** What outcomes mean. Default: {@link Classifier#ofDefaults}. */
    public AdaptiveBuilder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /**
     * Receives the calls that waited, those that were rejected, and changes of the limit. Default:
     * none.
     */
    public AdaptiveBuilder listener(PolicyListener listener) {
      config = config.withListener(listener);
      return this;
    }

    /** Builds the limit. */
    public ConcurrencyLimit build() {
      int first = Math.max(floor, Math.min(ceiling, start));
      return new ConcurrencyLimit(
          new PermitQueue(config, first, new ConcurrencyEstimator(first, floor, ceiling)),
          classifier,
          "");
    }
  }
}
