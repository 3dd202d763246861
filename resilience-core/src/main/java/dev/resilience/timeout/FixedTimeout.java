package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.text.DurationText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how long what is inside it may take.
 *
 * <pre>{@code
 * Resilience quotes = Resilience.of(retry, FixedTimeout.of(ofMillis(200)));   // each attempt
 * Quote quote = quotes.call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>What happens at the limit</h2>
 *
 * The work runs under a child context that ends at the limit, or with the caller's context if that
 * is earlier. When it ends, blocking work is interrupted on the caller's thread, and whatever
 * listens to the child context is told. The caller gets
 *
 * <ul>
 *   <li>an {@link dev.resilience.error.AttemptTimeoutException} if the limit passed while the
 *       caller still waited; what the work itself threw is suppressed in it. A result that comes
 *       too late is not returned; a listener hears of it ({@link
 *       dev.resilience.observe.PolicyEvent.LateResult}).
 *   <li>the {@link dev.resilience.context.ContextException} of its own context if that ended; a
 *       {@link dev.resilience.context.DeadlineExceededException} then says how long the attempt
 *       ran, and of which limit. A result that came nevertheless is returned.
 *   <li>an {@link Error} of the work as it is.
 * </ul>
 *
 * <p>Where the caller has no time left at all, the work is not begun.
 *
 * <h2>Work that does not stop</h2>
 *
 * Work that ignores its interrupt (a read from a plain socket on a platform thread, native code)
 * holds its caller up. Free it with a close hook, {@code c.onAbort(socket::close)}, or choose the
 * {@linkplain Builder#isolated isolated} mode, which runs the work on another thread and lets the
 * caller go on time. Asynchronous work is told through its context; the stage that the caller gets
 * completes at the limit in any case. {@link #stillRunning} counts what runs on after its time, in
 * all modes; {@link #abandonedCount} counts how often a caller was let go meanwhile.
 *
 * <p>The interrupt flag of the caller's thread is after a call what it was before, or set if an
 * interrupt came from outside. Two interrupts are one bit: one from outside that arrives together
 * with ours and is not consumed before the work ends is kept; one that the work consumed as ours is
 * not. The isolated mode has no such window.
 *
 * <p>Thread-safe; one object serves any number of calls. A call that ends in time costs a reading
 * of the clock for the deadline and one when the timer is set (a third where the caller's deadline
 * comes before the limit), a timer set and cleared, and about five small objects.
 */
public final class FixedTimeout implements ContextPolicy {

  private final Duration limit;
  private final TimeLimiter enforcer;
  private final @Nullable AttemptListener gauge;

  private FixedTimeout(Builder builder) {
    this.limit = builder.limit;
    this.enforcer = builder.enforcement.enforcer();
    TimeoutMonitor monitor = builder.enforcement.monitor();
    this.gauge = monitor == null ? null : monitor.gauge(name());
  }

  /**
   * Returns a time-out with all defaults, by the name of {@code timeout}.
   *
   * @param limit positive
   */
  public static FixedTimeout of(Duration limit) {
    return builder("timeout", limit).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name for messages, events and threads
   * @param limit positive
   */
  public static Builder builder(String name, Duration limit) {
    return new Builder(name, limit);
  }

  /** The name in events, messages, and of the threads of the isolated mode. */
  public String name() {
    return enforcer.name();
  }

  /** How long an attempt may take. */
  public Duration limit() {
    return limit;
  }

  /** How much work runs on just now although its time was up. */
  public int stillRunning() {
    return enforcer.stillRunning();
  }

  /** How often so far a caller was let go while its work still ran: isolated or asynchronous. */
  public long abandonedCount() {
    return enforcer.abandonedCount();
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    return enforcer.call(limit, gauge, ctx, next, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    return enforcer.callAsync(limit, gauge, ctx, next, work);
  }

  @Override
  public Optional<Duration> timeout() {
    return Optional.of(limit);
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  @Override
  public String toString() {
    return enforcer.describe(DurationText.of(limit));
  }

  /** Builds a {@link FixedTimeout}. Not thread-safe. */
  public static final class Builder {

    private final Duration limit;
    private final TimeoutConfig enforcement;

    private Builder(String name, Duration limit) {
      this.enforcement = new TimeoutConfig(name);
      this.limit = Durations.requirePositive(limit, "limit");
    }

    /**
     * Runs the work of {@code call} and {@code run} on another thread, so that the caller is free
     * on time whatever the work does: a virtual thread where the JVM has them, else a daemon thread
     * of this policy, at most {@link #maxThreads} of them. The context is passed on as always; what
     * is bound to the caller's thread, such as a thread-local, is not. Costs a change of threads
     * for each call. Changes nothing for {@code callAsync}. Default: the caller's thread.
     */
    public Builder isolated() {
      enforcement.isolated();
      return this;
    }

    /**
     * How many calls the isolated mode runs at once where there are no virtual threads, abandoned
     * ones included; one more is rejected with a {@link
     * dev.resilience.error.ConcurrencyLimitExceededException}.
     *
     * @param newMaxThreads at least 1. Default: 256
     */
    public Builder maxThreads(int newMaxThreads) {
      enforcement.maxThreads(newMaxThreads);
      return this;
    }

    /** Hears of limits that passed, of abandoned work and of late results. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      enforcement.listener(newListener);
      return this;
    }

    /**
     * Is told how long each call took, under the {@link #name} of this policy. Costs one more
     * reading of the clock for each call. Default: nobody.
     */
    public Builder monitor(TimeoutMonitor newMonitor) {
      enforcement.monitor(newMonitor);
      return this;
    }

    /** The policy. */
    public FixedTimeout build() {
      return new FixedTimeout(this);
    }
  }
}
