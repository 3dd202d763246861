package dev.resilience.policy;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.text.SafeText;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps further attempts under a share of the calls, so that an outage is not made worse by those
 * who try again. The retry and the hedge of one dependency best share one budget.
 *
 * <pre>{@code
 * RetryBudget budget = RetryBudget.ratio(0.2);   // one further attempt for every five that succeed
 * Retry retry = Retry.builder().budget(budget).build();
 * }</pre>
 *
 * <p>A token bucket, full at first. Each call that succeeds puts a share of a token in. Each
 * further attempt takes tokens out as soon as it is decided on, so that one that still waits
 * counts: one token after a plain failure, such as a broken connection; more after a sign of
 * overload, such as a time-out or a refusal, because another attempt then adds to what caused it. A
 * further attempt that was not made because its caller ended is given back. Besides, tokens come at
 * a steady minimum rate, so that somebody who seldom calls can try again at all. Over any time no
 * more than {@code burst + ratio * successes + minimum * time} tokens are spent.
 *
 * <p>Not everybody may take the last tokens. Hedges, and attempts for what is {@linkplain
 * dev.resilience.context.Criticality#isSheddable sheddable}, leave half of the bucket to the
 * retries of the rest. While an adaptive concurrency limit shrinks there is nothing for anybody:
 * see {@link #limitChanged}.
 *
 * <p>The idea is that of Finagle's {@code RetryBudget}; the bucket is that of gRPC's <a
 * href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs">retry
 * throttling</a>; the costs follow the AWS SDKs, where of 500 tokens one comes back for each
 * success and a retry costs 5 or 14.
 *
 * <p>Thread-safe, without a lock. A success that finds a full bucket costs one volatile read;
 * otherwise it is one compare-and-set. The clock is read only to take tokens out, and is that of
 * the calling context: a budget that is used under a second time source throws an {@link
 * IllegalArgumentException} then.
 */
public final class RetryBudget {

  private static final long TOKEN = 1_000_000_000L;
  private static final double MOST = 1_000_000;

  /**
   * A limit that hovers below its peak does not shrink: where one percent of the answers hang, it
   * falls by a tenth now and then, and hedges are what helps.
   */
  private static final double SHRUNK = 0.5;

  private static final long PRESSURE_NANOS = TOKEN;

  private static final VarHandle UNITS;
  private static final VarHandle REFILLED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      UNITS = lookup.findVarHandle(RetryBudget.class, "units", long.class);
      REFILLED = lookup.findVarHandle(RetryBudget.class, "refilled", Refill.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final double ratio;
  private final double minimumPerSecond;
  private final long capacity;
  private final long deposit;
  private final long overloadCost;

  private volatile long units;
  private volatile @Nullable Refill refilled;

  private final AtomicReference<@Nullable Fall> fall = new AtomicReference<>();

  private RetryBudget(double ratio, double minimumPerSecond, long capacity, double overloadTokens) {
    this.ratio = ratio;
    this.minimumPerSecond = minimumPerSecond;
    this.capacity = capacity;
    this.deposit = (long) Math.min(ratio * TOKEN, (double) capacity);
    this.overloadCost = (long) (overloadTokens * TOKEN);
    this.units = capacity;
  }

  /** Why a further attempt is to be made, which decides about its price. */
  public enum Reason {
    /** The attempt before it failed, and nothing tells of overload. Costs one token. */
    FAILURE,
    /**
     * The attempt before it timed out or was refused, or the server said when to come back. Costs
     * {@link Builder#overloadCost}.
     */
    OVERLOAD,
    /** The attempt before it is slow. Costs one token, and leaves a reserve to retries. */
    HEDGE
  }

  /** 20 % of the calls that succeed, at least 1 a second, 20 at once. */
  public static RetryBudget ofDefaults() {
    return builder().build();
  }

  /**
   * A share of the calls that succeed, and otherwise the defaults.
   *
   * @param share 0 to 1000: 0.2 is one further attempt for every five successes
   */
  public static RetryBudget ratio(double share) {
    return builder().ratio(share).build();
  }

  /** Refuses nothing and counts nothing: for what cannot be overloaded, and for tests. */
  public static RetryBudget unlimited() {
    return new RetryBudget(0, 0, Long.MAX_VALUE, 0);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /** A call succeeded. Once for each call, not each attempt. */
  public void recordSuccess() {
    if (units < capacity) {
      add(deposit);
    }
  }

  /**
   * Takes the tokens for a further attempt.
   *
   * @param ctx the caller's, for its clock and its criticality
   * @param reason why the attempt is to be made
   * @return false if it is not to be made
   */
  @CheckReturnValue
  public boolean tryAcquire(Context ctx, Reason reason) {
    if (isUnderPressure(ctx)) {
      return false;
    }
    if (isUnlimited()) {
      return true;
    }
    refill(ctx.timeSource());
    long cost = cost(reason);
    long least = cost + reserve(ctx, reason, cost);
    while (true) {
      long now = units;
      if (now < least) {
        return false;
      }
      if (UNITS.compareAndSet(this, now, now - cost)) {
        return true;
      }
    }
  }

  /**
   * Gives tokens back, of an attempt that was not made after all.
   *
   * @param reason the one for which they were taken
   */
  public void giveBack(Reason reason) {
    if (!isUnlimited()) {
      add(cost(reason));
    }
  }

  /** A bucket that is smaller than the price is emptied by it. */
  private long cost(Reason reason) {
    return Math.min(capacity, reason == Reason.OVERLOAD ? overloadCost : TOKEN);
  }

  /** What has to be left. A full bucket allows at least one attempt to anybody. */
  private long reserve(Context ctx, Reason reason, long cost) {
    return reason == Reason.HEDGE || Criticality.of(ctx).isSheddable()
        ? Math.min(capacity / 2, capacity - cost)
        : 0;
  }

  /**
   * An adaptive concurrency limit of the same dependency has changed; {@code Retry.limitListener}
   * and {@code Hedge.limitListener} hear of it and tell. From where it has lost half until it grows
   * again, or has not shrunk for a second, no further attempt is allowed: each would take the place
   * of a first one.
   *
   * @param from how many calls at once before
   * @param to how many from now on
   */
  public void limitChanged(int from, int to) {
    fall.updateAndGet(
        before -> {
          if (to >= from) {
            return null;
          }
          int peak = before == null ? from : Math.max(before.peak, from);
          return new Fall(peak, to <= peak * SHRUNK, null);
        });
  }

  /**
   * Whether a concurrency limit shrinks, so that there is no further attempt for anybody.
   *
   * @param ctx the caller's, for its clock
   */
  public boolean isUnderPressure(Context ctx) {
    Fall now = fall.get();
    if (now == null || !now.isDeep) {
      return false;
    }
    long nanos = ctx.timeSource().nanoTime();
    if (now.seen == null) {
      // An event has no clock: it counts from when it is first asked about.
      fall.compareAndSet(now, new Fall(now.peak, true, nanos));
      return true;
    }
    return nanos - now.seen < PRESSURE_NANOS;
  }

  /** How many tokens the bucket holds, without what time has earned since the last were taken. */
  public double available() {
    return isUnlimited() ? Double.POSITIVE_INFINITY : units / (double) TOKEN;
  }

  /** How many tokens the bucket holds at the most; infinite where there is no limit. */
  public double capacity() {
    return isUnlimited() ? Double.POSITIVE_INFINITY : capacity / (double) TOKEN;
  }

  private boolean isUnlimited() {
    return capacity == Long.MAX_VALUE;
  }

  private void refill(TimeSource time) {
    long now = time.nanoTime();
    Refill before = refilled;
    if (before == null) {
      // Full until now: time has earned nothing.
      before = (Refill) REFILLED.compareAndExchange(this, null, new Refill(time, now));
      if (before == null) {
        return;
      }
    }
    if (before.time != time) {
      throw new IllegalArgumentException(
          "ctx: a context on "
              + SafeText.of(time)
              + " (expected: on "
              + SafeText.of(before.time)
              + ", on which this retry budget measures already)");
    }
    double earned = (double) (now - before.at) * minimumPerSecond;
    // Less than a unit is left to earn further.
    if (earned >= 1 && REFILLED.compareAndSet(this, before, new Refill(time, now))) {
      add((long) Math.min(earned, (double) capacity));
    }
  }

  private void add(long more) {
    long now;
    do {
      now = units;
    } while (!UNITS.compareAndSet(this, now, Math.min(capacity, now + more)));
  }

  @Override
  public String toString() {
    return isUnlimited()
        ? "no retry budget"
        : "retry budget of "
            + ratio
            + " per success, at least "
            + minimumPerSecond
            + " per s, "
            + capacity / TOKEN
            + " at once";
  }

  /** When the minimum rate was last paid, and on which clock. */
  private record Refill(TimeSource time, long at) {}

  /**
   * An adaptive limit that has not grown since it began to shrink.
   *
   * @param peak from which it fell
   * @param isDeep whether it has fallen far enough to matter
   * @param seen when a call first met the latest fall
   */
  private record Fall(int peak, boolean isDeep, @Nullable Long seen) {}

  /** Builds a {@link RetryBudget}. Not thread-safe. */
  public static final class Builder {

    private double ratio = 0.2;
    private double minimumPerSecond = 1;
    private int burst = 20;
    private double overloadCost = 2.8;

    private Builder() {}

    /**
     * Tokens per call that succeeds.
     *
     * @param share 0 to 1000. Default: 0.2
     */
    public Builder ratio(double share) {
      if (!(share >= 0 && share <= 1000)) {
        throw new IllegalArgumentException("ratio: " + share + " (expected: 0 to 1000)");
      }
      ratio = share;
      return this;
    }

    /**
     * Tokens that come each second, however few calls there are.
     *
     * @param tokens 0 to 1,000,000. Default: 1
     */
    public Builder minimumPerSecond(double tokens) {
      if (!(tokens >= 0 && tokens <= MOST)) {
        throw new IllegalArgumentException(
            "minimumPerSecond: " + tokens + " (expected: 0 to 1000000)");
      }
      minimumPerSecond = tokens;
      return this;
    }

    /**
     * How many unused tokens are saved at most, and are there at first. Below the price of the
     * further attempts of one call, that call may get fewer than it is configured for.
     *
     * @param tokens 1 to 1,000,000. Default: 20
     */
    public Builder burst(int tokens) {
      if (tokens < 1 || tokens > MOST) {
        throw new IllegalArgumentException("burst: " + tokens + " (expected: 1 to 1000000)");
      }
      burst = tokens;
      return this;
    }

    /**
     * What a further attempt costs after a sign of overload; after any other failure it costs one
     * token.
     *
     * @param tokens 1 to 1000. Default: 2.8, which is 14 to 5
     */
    public Builder overloadCost(double tokens) {
      if (!(tokens >= 1 && tokens <= 1000)) {
        throw new IllegalArgumentException("overloadCost: " + tokens + " (expected: 1 to 1000)");
      }
      overloadCost = tokens;
      return this;
    }

    /** The budget, full. */
    public RetryBudget build() {
      return new RetryBudget(ratio, minimumPerSecond, burst * TOKEN, overloadCost);
    }
  }
}
