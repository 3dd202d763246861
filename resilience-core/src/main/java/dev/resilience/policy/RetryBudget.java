package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Keeps further attempts under a share of the calls, so that an outage is not made worse by those
 * who try again. Retries and hedges of one dependency may share one budget.
 *
 * <pre>{@code
 * RetryBudget budget = RetryBudget.ratio(0.2);   // one further attempt for every five calls
 * Retry retry = Retry.builder().budget(budget).build();
 * }</pre>
 *
 * <p>A token bucket. Each call that its caller did not cancel puts a share of a token in, each
 * further attempt takes a whole one out, as soon as it is decided on: one that still waits counts.
 * A further attempt that was not made because its caller ended is given back. Besides, tokens come
 * at a steady minimum rate, so that somebody who seldom calls can try again at all. The bucket is
 * full at first and holds a {@linkplain Builder#burst number} of tokens, so that a lonely call gets
 * all its attempts. Over any time there are at most {@code burst + ratio * calls + minimum * time}
 * further attempts.
 *
 * <p>The idea is that of Finagle's {@code RetryBudget}; the bucket is that of gRPC's <a
 * href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs">retry
 * throttling</a>.
 *
 * <p>Thread-safe, without a lock. A call that finds a full bucket costs one volatile read;
 * otherwise it is one compare-and-set. The clock is read only to take a token out, and is that of
 * the calling context: a budget that is used under a second time source throws an {@link
 * IllegalArgumentException} then.
 */
public final class RetryBudget {

  private static final long TOKEN = 1_000_000_000L;
  private static final double MOST = 1_000_000;
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

  private volatile long units;
  private volatile @Nullable Refill refilled;

  private RetryBudget(double ratio, double minimumPerSecond, long capacity) {
    this.ratio = ratio;
    this.minimumPerSecond = minimumPerSecond;
    this.capacity = capacity;
    this.deposit = (long) Math.min(ratio * TOKEN, (double) capacity);
    this.units = capacity;
  }

  /** 20 % of the calls, at least 1 a second, 20 at once. */
  public static RetryBudget ofDefaults() {
    return builder().build();
  }

  /**
   * A share of the calls, and otherwise the defaults.
   *
   * @param share 0 to 1000: 0.2 is one further attempt for every five calls
   */
  public static RetryBudget ratio(double share) {
    return builder().ratio(share).build();
  }

  /** Refuses nothing and counts nothing: for what cannot be overloaded, and for tests. */
  public static RetryBudget unlimited() {
    return new RetryBudget(0, 0, Long.MAX_VALUE);
  }

  /** A budget with more to say. */
  public static Builder builder() {
    return new Builder();
  }

  /** A call was made, and its caller did not cancel it. Once for each call, not each attempt. */
  public void recordCall() {
    if (units < capacity) {
      add(deposit);
    }
  }

  /**
   * Takes a token for a further attempt.
   *
   * @param ctx the caller's, for its clock
   * @return false if there is none: the attempt is not to be made
   */
  public boolean tryAcquire(Context ctx) {
    if (isUnlimited()) {
      return true;
    }
    refill(ctx.timeSource());
    while (true) {
      long now = units;
      if (now < TOKEN) {
        return false;
      }
      if (UNITS.compareAndSet(this, now, now - TOKEN)) {
        return true;
      }
    }
  }

  /** Gives a token back, of an attempt that was not made after all. */
  public void giveBack() {
    if (!isUnlimited()) {
      add(TOKEN);
    }
  }

  /** How many further attempts the bucket holds, without what time has earned since the last. */
  public double available() {
    return isUnlimited() ? Double.POSITIVE_INFINITY : units / (double) TOKEN;
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
              + time
              + " (expected: on "
              + before.time
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
            + " per call, at least "
            + minimumPerSecond
            + " per s, "
            + capacity / TOKEN
            + " at once";
  }

  /** When the minimum rate was last paid, and on which clock. */
  private record Refill(TimeSource time, long at) {}

  /** Says how large a {@link RetryBudget} is. Not thread-safe. */
  public static final class Builder {

    private double ratio = 0.2;
    private double minimumPerSecond = 1;
    private int burst = 20;

    private Builder() {}

    /**
     * Further attempts per call.
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
     * Further attempts that are allowed each second, however few calls there are.
     *
     * @param attempts 0 to 1,000,000. Default: 1
     */
    public Builder minimumPerSecond(double attempts) {
      if (!(attempts >= 0 && attempts <= MOST)) {
        throw new IllegalArgumentException(
            "minimumPerSecond: " + attempts + " (expected: 0 to 1000000)");
      }
      minimumPerSecond = attempts;
      return this;
    }

    /**
     * How many unused attempts are saved at most, and are there at first. Below the number of
     * further attempts of one call, that call may get fewer than it is configured for.
     *
     * @param attempts 1 to 1,000,000. Default: 20
     */
    public Builder burst(int attempts) {
      if (attempts < 1 || attempts > MOST) {
        throw new IllegalArgumentException("burst: " + attempts + " (expected: 1 to 1000000)");
      }
      burst = attempts;
      return this;
    }

    /** The budget, full. */
    public RetryBudget build() {
      return new RetryBudget(ratio, minimumPerSecond, burst * TOKEN);
    }
  }
}
