package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.TimeSourceGuard;
import dev.resilience.policy.Verdict;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A limit on how long what is inside it may take, that follows the durations of recent calls: by
 * default twice their 95th percentile, between a floor and a ceiling.
 *
 * <pre>{@code
 * var timeout = AdaptiveTimeout.builder().percentile(0.95).multiplier(2)
 *                              .between(ofMillis(50), ofSeconds(2)).build();
 * var breaker = Breaker.builder("quotes").listener(timeout.circuitListener()).build();
 *
 * Resilience quotes = Resilience.of(retry, breaker, timeout);
 * }</pre>
 *
 * <p>What happens at the limit, and to work that does not stop, is told at {@link FixedTimeout}.
 *
 * <h2>What counts</h2>
 *
 * A call that succeeded counts with its duration. One that was cut off, by the limit or by its
 * caller's deadline, counts as "at least this long"; were it left out, each time-out would lower
 * the percentile and so cause more of them, until all calls fail. The percentile is the estimate of
 * Kaplan and Meier, which is made for such samples: a call that a hurried caller cut off early
 * changes next to nothing, and one that ran into the limit counts among the slow ones. Where so
 * many were cut off that the percentile cannot be seen, it is taken to lie at the limit, which then
 * grows by the factor each time. A call that its caller cancelled counts nowhere, nor does one that
 * was rejected or failed, unless the {@linkplain AdaptiveTimeoutBuilder#classifier classifier} says
 * otherwise.
 *
 * <p>The window holds about the last thousand calls of the last thirty seconds; where calls are
 * rarer, the last ten at least. Until there are ten, the {@linkplain
 * AdaptiveTimeoutBuilder#startingAt starting limit} holds. While a circuit is open, of which {@link
 * #circuitListener} hears, nothing is learned.
 *
 * <p>Place it inside of retries: outside, it would learn the durations of all attempts together.
 *
 * <p>Thread-safe; one object serves any number of calls, all of one time source. A call costs what
 * it costs with a {@link FixedTimeout}, and one more reading of the clock and about 10 ns; with
 * many threads no more, because each counts for itself. The limit is read in about 2 ns. Each
 * object holds some 30 kB, and 3 kB more for each of up to 16 threads that use it at once.
 *
 * @see <a href="https://doi.org/10.1080/01621459.1958.10501452">Kaplan, Meier: Nonparametric
 *     Estimation from Incomplete Observations</a>
 */
public final class AdaptiveTimeout implements ContextPolicy {

  private static final Logger LOG = System.getLogger(AdaptiveTimeout.class.getName());

  private final AdaptiveLimit limit;
  private final TimeLimiter enforcer;
  private final Classifier classifier;
  private final AttemptListener gauge;
  private final PolicyListener circuitListener;
  private final TimeSourceGuard time;

  AdaptiveTimeout(
      AdaptiveLimit.Settings settings, TimeoutConfig enforcement, Classifier classifier) {
    this.limit = new AdaptiveLimit(settings);
    this.enforcer = enforcement.enforcer();
    this.classifier = classifier;
    TimeoutMonitor monitor = enforcement.monitor();
    this.gauge =
        AttemptListener.both(new Learning(), monitor == null ? null : monitor.gauge(name()));
    this.circuitListener = new FreezeWhileCircuitOpen(limit);
    this.time = TimeSourceGuard.of(name());
  }

  /** Twice the 95th percentile, between 50 ms and 2 s; with the defaults of {@link #builder}. */
  public static AdaptiveTimeout ofDefaults() {
    return builder().build();
  }

  /** A limit with more to say. */
  public static AdaptiveTimeoutBuilder builder() {
    return new AdaptiveTimeoutBuilder();
  }

  /** The name in events, messages, and of the threads of the isolated mode. */
  public String name() {
    return enforcer.name();
  }

  /** How long an attempt that begins now may take. */
  public Duration limit() {
    return limit.limit();
  }

  /** The numbers behind the limit. Waits for a moment if they are just being renewed. */
  public AdaptiveTimeoutSnapshot snapshot() {
    return limit.snapshot(name());
  }

  /** How much work runs on just now although its time was up. */
  public int stillRunning() {
    return enforcer.stillRunning();
  }

  /** How often so far a caller was let go while its work still ran: isolated or asynchronous. */
  public long abandonedCount() {
    return enforcer.abandonedCount();
  }

  /**
   * Hears from circuit breakers when this has to freeze: from the opening of a circuit until it is
   * closed again, through all probes. Give it to each breaker around this; it may hear of any
   * number, and other events do nothing to it.
   *
   * <p>A breaker that is thrown away while its circuit is open leaves this frozen.
   */
  public PolicyListener circuitListener() {
    return circuitListener;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    time.check(ctx);
    return enforcer.call(limit.limit(), gauge, ctx, next, work);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    try {
      time.check(ctx);
    } catch (IllegalArgumentException mixed) {
      return CompletableFuture.failedFuture(mixed);
    }
    return enforcer.callAsync(limit.limit(), gauge, ctx, next, work);
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  /** The name and the limit of this moment. */
  @Override
  public String toString() {
    return enforcer.describe("adaptive, now " + limit.limit());
  }

  /** Turns outcomes into samples. A rule that fails makes none: the call is not to suffer. */
  private final class Learning implements AttemptListener {

    @Override
    public void returned(@Nullable Object result, Duration itsLimit, long ran, long now) {
      try {
        learn(classifier.judgeResult(result), ran, now);
      } catch (RuntimeException brokenRule) {
        LOG.log(Level.WARNING, name() + ": a rule of the classifier failed", brokenRule);
      }
    }

    @Override
    public void failed(Context caller, Throwable thrown, Duration itsLimit, long ran, long now) {
      try {
        learn(classifier.judge(caller, thrown), ran, now);
      } catch (RuntimeException brokenRule) {
        LOG.log(Level.WARNING, name() + ": a rule of the classifier failed", brokenRule);
      }
    }

    private void learn(Verdict verdict, long ran, long now) {
      switch (verdict.sample()) {
        case EXACT -> limit.ended(ran, now);
        case AT_LEAST -> limit.cutOff(ran, now);
        case NONE -> {}
      }
    }
  }
}
