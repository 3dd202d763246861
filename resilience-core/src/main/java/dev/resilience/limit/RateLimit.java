package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.time.Deadline;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how often something is done: a token for each call, so many tokens per time, and a
 * burst of those that nobody took.
 *
 * <pre>{@code
 * RateLimit limit = RateLimit.builder("mail").rate(100, ofSeconds(1)).burst(20).build();
 * Resilience mail = Resilience.of(retry, limit);
 * mail.run(ctx, c -> send(c, message));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li>Over any time, the tokens that were given and not returned are at most {@code rate * time +
 *       burst}.
 *   <li>Who finds no token waits in line; nobody overtakes, also not with {@link #tryAcquire}.
 *   <li>A wait that would pass the context's deadline, or {@link Builder#maxWait}, fails at once
 *       with a {@link RateLimitExceededException} that says when there will be a token, and takes
 *       none.
 *   <li>Who leaves the line because its context ends has taken nothing, and those behind move up. A
 *       deadline that passes in line is told from one that passes during a call: no breaker outside
 *       counts it.
 *   <li>A call that was let in has used its token, whatever becomes of it.
 * </ul>
 *
 * <p>Rate and burst can be changed while calls pass; who stands in line keeps its place.
 *
 * <p>A token bucket (J. Turner, 1986) with a line before it. Times are those of the calling
 * context; under a second time source it throws an {@link IllegalArgumentException}.
 *
 * <p>Thread-safe. A call that finds a token costs a lock that is held for some tens of nanoseconds
 * and a reading of the clock, and allocates nothing. While somebody waits, there is one timer.
 */
public final class RateLimit implements ContextPolicy {

  private final Bucket bucket;
  private final long maxWait;
  private final Doorman doorman;

  private RateLimit(Builder builder) {
    this.bucket =
        new Bucket(
            builder.name,
            perNano(builder.tokens, builder.per),
            builder.burst > 0 ? builder.burst : builder.tokens);
    this.maxWait = Deadline.saturatedNanos(builder.maxWait);
    this.doorman = new Doorman(builder.name, builder.listener);
  }

  /**
   * A rate, with as many tokens for a burst, and otherwise the defaults.
   *
   * @param tokens at least 1
   * @param per the time in which they come, positive
   */
  public static RateLimit of(int tokens, Duration per) {
    return builder("rate limit").rate(tokens, per).build();
  }

  /**
   * A limit with more to say.
   *
   * @param name in messages
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name in messages. */
  public String name() {
    return bucket.name();
  }

  // ---- tokens by hand

  /** Takes a token if there is one and nobody waits for it. Never waits. */
  public boolean tryAcquire(Context ctx) {
    return bucket.tryTake(ctx, 1, true);
  }

  /**
   * Takes several tokens, or none. Never waits.
   *
   * @param ctx for its clock
   * @param tokens 1 to the burst
   */
  public boolean tryAcquire(Context ctx, int tokens) {
    return bucket.tryTake(ctx, tokens, true);
  }

  /** As {@link #acquire(Context, int)}, for one token. */
  public void acquire(Context ctx) throws InterruptedException {
    acquire(ctx, 1);
  }

  /**
   * Takes tokens, after a wait in line if need be.
   *
   * @param ctx whose end ends the wait
   * @param tokens 1 to the burst
   * @throws RateLimitExceededException at once, if they would not come in time
   * @throws dev.resilience.context.ContextException if the context has ended or ends first
   * @throws InterruptedException if the thread is or was interrupted, and has to wait
   */
  public void acquire(Context ctx, int tokens) throws InterruptedException {
    ctx.throwIfDone();
    take(ctx, tokens);
  }

  private void take(Context ctx, int tokens) throws InterruptedException {
    if (bucket.tryTake(ctx, tokens, false)) {
      return;
    }
    Place place = enter(ctx, tokens, true);
    if (!place.admitted) {
      long since = ctx.timeSource().nanoTime();
      bucket.await(ctx, place);
      doorman.waited(ctx, since);
    }
  }

  private Place enter(Context ctx, int tokens, boolean blocking) {
    try {
      return bucket.enter(ctx, tokens, maxWait, blocking);
    } catch (RateLimitExceededException rejection) {
      throw doorman.rejected(rejection);
    }
  }

  /**
   * Takes tokens that may be used later, and can be given back until then. Does not wait.
   *
   * @param ctx by whose deadline they must be usable
   * @param tokens 1 to the burst
   * @throws RateLimitExceededException if they would not come in time
   */
  public Reservation reserve(Context ctx, int tokens) {
    ctx.throwIfDone();
    Place place = enter(ctx, tokens, true);
    return new Reservation(bucket, place);
  }

  // ---- while in use

  /**
   * Changes the rate. Tokens that are there stay; waits in line get shorter or longer.
   *
   * @param tokens at least 1
   * @param per the time in which they come, positive
   */
  public void changeRate(int tokens, Duration per) {
    bucket.change(perNano(tokens, per), 0);
  }

  /**
   * Changes the burst. Tokens above it are lost; who already waits for more than it, still gets
   * them.
   *
   * @param tokens at least 1
   */
  public void changeBurst(int tokens) {
    bucket.change(0, checked("burst", tokens));
  }

  /** The numbers as of now. */
  public RateLimitSnapshot snapshot() {
    return bucket.snapshot();
  }

  // ---- in a stack

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    try {
      take(ctx, 1);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CallInterruptedException(interrupted);
    }
    return next.call(ctx, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Place place;
    try {
      if (bucket.tryTake(ctx, 1, false)) {
        return next.callAsync(ctx, work);
      }
      place = enter(ctx, 1, false);
    } catch (RuntimeException refused) {
      return CompletableFuture.failedFuture(refused);
    }
    if (place.admitted) {
      return next.callAsync(ctx, work);
    }
    long since = ctx.timeSource().nanoTime();
    return bucket.then(
        ctx,
        place,
        () -> {
          doorman.waited(ctx, since);
          return next.callAsync(ctx, work);
        });
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.LIMIT;
  }

  @Override
  public String toString() {
    RateLimitSnapshot now = snapshot();
    double rate = Math.round(now.tokensPerSecond() * 100) / 100.0;
    return now.name() + " (" + rate + " per s, burst " + now.burst() + ")";
  }

  private static double perNano(int tokens, Duration per) {
    Objects.requireNonNull(per, "per");
    if (per.isNegative() || per.isZero()) {
      throw new IllegalArgumentException("per: " + per + " (expected: > 0)");
    }
    return checked("tokens", tokens) / (double) Deadline.saturatedNanos(per);
  }

  private static int checked(String argument, int tokens) {
    if (tokens < 1) {
      throw new IllegalArgumentException(argument + ": " + tokens + " (expected: >= 1)");
    }
    return tokens;
  }

  /** Says what a {@link RateLimit} does. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int tokens = 100;
    private Duration per = Duration.ofSeconds(1);
    private int burst;
    private Duration maxWait = Duration.ofNanos(Long.MAX_VALUE);
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name) {
      this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * How many tokens come in how much time, evenly. Default: 100 per second.
     *
     * @param newTokens at least 1
     * @param newPer positive
     */
    public Builder rate(int newTokens, Duration newPer) {
      perNano(newTokens, newPer);
      tokens = newTokens;
      per = newPer;
      return this;
    }

    /**
     * How many tokens are kept that nobody took; so many are there at first, and so many can be
     * taken at once. Default: as many as come in the time of the rate.
     *
     * @param newBurst at least 1
     */
    public Builder burst(int newBurst) {
      burst = checked("burst", newBurst);
      return this;
    }

    /**
     * How long to wait in line, besides the context's deadline.
     *
     * @param newMaxWait zero: not at all. Default: as long as the context lets
     */
    public Builder maxWait(Duration newMaxWait) {
      Objects.requireNonNull(newMaxWait, "maxWait");
      if (newMaxWait.isNegative()) {
        throw new IllegalArgumentException("maxWait: " + newMaxWait + " (expected: >= 0)");
      }
      maxWait = newMaxWait;
      return this;
    }

    /** Hears of calls that waited, and of those that were rejected. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy, its bucket full. */
    public RateLimit build() {
      return new RateLimit(this);
    }
  }
}
