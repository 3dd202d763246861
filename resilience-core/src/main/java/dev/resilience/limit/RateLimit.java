package dev.resilience.limit;

import com.google.errorprone.annotations.CheckReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.error.Failures;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.queue.Ticket;
import dev.resilience.stage.Stages;
import dev.resilience.text.Arguments;
import dev.resilience.time.Durations;
import java.time.Duration;
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

  private final TokenQueue queue;

  private RateLimit(TokenQueue queue) {
    this.queue = queue;
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
   * Returns a builder with all defaults set.
   *
   * @param name in messages
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** The name in messages. */
  public String name() {
    return queue.name();
  }

  // ---- tokens by hand

  /** Takes a token if there is one and nobody waits for it. Never waits. */
  @CheckReturnValue
  public boolean tryAcquire(Context ctx) {
    return queue.tryTake(ctx, 1, true);
  }

  /**
   * Takes several tokens, or none. Never waits.
   *
   * @param ctx for its clock
   * @param tokens 1 to the burst
   */
  @CheckReturnValue
  public boolean tryAcquire(Context ctx, int tokens) {
    return queue.tryTake(ctx, tokens, true);
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
    if (queue.tryTake(ctx, tokens, false)) {
      return;
    }
    Ticket ticket = queue.enter(ctx, tokens, true);
    queue.await(ctx, ticket);
    queue.use(ticket);
    queue.tellWait(ctx, ticket);
  }

  /**
   * Takes tokens that may be used later, and can be given back until then. Does not wait.
   *
   * @param ctx by whose deadline they must be usable
   * @param tokens 1 to the burst
   * @throws RateLimitExceededException if they would not come in time
   */
  @MustBeClosed
  public Reservation reserve(Context ctx, int tokens) {
    ctx.throwIfDone();
    return new Reservation(queue, queue.enter(ctx, tokens, true));
  }

  // ---- while in use

  /**
   * Changes the rate. Tokens that are there stay; waits in line get shorter or longer.
   *
   * @param tokens at least 1
   * @param per the time in which they come, positive
   */
  public void changeRate(int tokens, Duration per) {
    queue.changeRate(Arguments.requireAtLeastOne(tokens, "tokens"), checkedNanos(per));
  }

  /**
   * Changes the burst. Tokens above it are lost; who already waits for more than it, still gets
   * them.
   *
   * @param tokens at least 1
   */
  public void changeBurst(int tokens) {
    queue.changeBurst(Arguments.requireAtLeastOne(tokens, "burst"));
  }

  /** The numbers as of now. */
  public RateLimitSnapshot snapshot() {
    return queue.snapshot();
  }

  // ---- in a stack

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    try {
      take(ctx, 1);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    }
    return next.call(ctx, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    Ticket ticket;
    try {
      if (queue.tryTake(ctx, 1, false)) {
        return next.callAsync(ctx, work);
      }
      ticket = queue.enter(ctx, 1, false);
    } catch (Throwable refused) {
      return CompletableFuture.failedFuture(refused);
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
          try {
            queue.use(ticket);
            queue.tellWait(ctx, ticket);
            Stages.forward(next.callAsync(ctx, work), answer);
          } catch (Throwable broken) {
            answer.completeExceptionally(broken);
          }
        });
    return answer;
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

  private static long checkedNanos(Duration per) {
    return Durations.toNanos(Durations.requirePositive(per, "per"));
  }

  /** Builds a {@link RateLimit}. Not thread-safe. */
  public static final class Builder {

    private static final Duration AS_LONG_AS_IT_TAKES = Duration.ofNanos(Long.MAX_VALUE);

    private QueueConfig config;
    private int tokens = 100;
    private long nanos = 1_000_000_000L;
    private int burst;
    private boolean isStrict;

    private Builder(String name) {
      this.config = QueueConfig.of(name, Integer.MAX_VALUE, AS_LONG_AS_IT_TAKES);
    }

    /**
     * How many tokens come in how much time, evenly. Default: 100 per second.
     *
     * @param newTokens at least 1
     * @param newPer positive
     */
    public Builder rate(int newTokens, Duration newPer) {
      tokens = Arguments.requireAtLeastOne(newTokens, "tokens");
      nanos = checkedNanos(newPer);
      return this;
    }

    /**
     * How many tokens are kept that no call took; so many are there at first, and so many can be
     * taken at once. Default: as many as come in the time of the rate.
     *
     * @param newBurst at least 1
     */
    public Builder burst(int newBurst) {
      burst = Arguments.requireAtLeastOne(newBurst, "burst");
      return this;
    }

    /**
     * Never more than the tokens of the rate in any window of its time, wherever the window begins,
     * though all of them at once: for quotas that are counted elsewhere. Without this, up to {@code
     * burst} more pass in the worst window. Has no burst of its own. Remembers when each token of
     * the last window was used: up to 12 bytes for each token of the rate.
     */
    public Builder strictWindow() {
      isStrict = true;
      return this;
    }

    /**
     * How long to wait, besides the context's deadline.
     *
     * @param maxWait zero: not at all. Default: as long as the context lets
     */
    public Builder maxWait(Duration maxWait) {
      config = config.withMaxWait(maxWait);
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

    /**
     * Builds the limit, with all tokens there.
     *
     * @throws IllegalArgumentException if a strict window was given a burst
     */
    public RateLimit build() {
      if (isStrict && burst > 0) {
        throw new IllegalArgumentException(
            "burst: " + burst + " (expected: none, a strict window has " + tokens + " tokens)");
      }
      Meter meter =
          isStrict
              ? new StrictWindow(tokens, nanos)
              : new TokenBucket(tokens, nanos, burst > 0 ? burst : tokens);
      return new RateLimit(new TokenQueue(config, meter));
    }
  }
}
