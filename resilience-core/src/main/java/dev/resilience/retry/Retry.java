package dev.resilience.retry;

import dev.failsafe.RetryPolicy;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tries again, as long as somebody wants the answer and there is time for another attempt.
 *
 * <pre>{@code
 * Retry retry = Retry.builder()
 *     .maxAttempts(4)
 *     .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
 *     .build();
 * Quote quote = Resilience.of(retry).call(ctx, c -> api.quote(c, order));
 * }</pre>
 *
 * <h2>How it decides</h2>
 *
 * <ul>
 *   <li>What became of an attempt is judged by a {@link Classifier}; its {@link
 *       Verdict#isRetryable} rules. What the caller cancelled is never tried again, nor an {@link
 *       Error}.
 *   <li>No back-off passes the caller's deadline: where the delay is not shorter than the time
 *       left, the call fails at once with its last real failure, not after a sleep with a time-out.
 *   <li>Nor does an attempt that can hardly finish: where the delay and the median of the attempts
 *       that were measured do not fit into the time left, the call fails at once, too. Measured are
 *       the first 32 calls and 16 attempts after each failure; with fewer than 8 answers among the
 *       latest 32, nothing is known.
 *   <li>A {@link RetryBudget} keeps retries under a share of the calls. Where it is used up, the
 *       call fails with its last real failure.
 *   <li>A rejection inside uses up no attempt, because the dependency was not called. It is waited
 *       for up to {@link Builder#maxRejections} times, as long as time and budget last.
 *   <li>A rejection that says when trying again makes sense is obeyed, and so is what {@link
 *       Builder#retryAfter} reads from a failure: no attempt is earlier. Where the back-off has
 *       jitter, up to a tenth is added, if that fits. All else waits as the {@link Backoff} says.
 *   <li>When no further attempt is made, the last failure is thrown as it was, with the earlier
 *       ones suppressed in it and with the {@link dev.resilience.observe.CallReport} of the call; a
 *       result that counts as a failure is returned.
 *   <li>A caller that ends during a back-off ends it at once. What is thrown then is the {@link
 *       dev.resilience.context.ContextException} of the caller, as from any other wait, with the
 *       failures suppressed in it. A thread that is interrupted from outside then gets a {@link
 *       dev.resilience.error.CallInterruptedException}, with the flag set again.
 * </ul>
 *
 * <p>The number of attempts and the verdicts that end them are the business of a {@code
 * dev.failsafe.RetryPolicy}, which is consulted from the first failure on. Waiting, time and
 * randomness are the context's.
 *
 * <p>Thread-safe; one object serves any number of calls. A call that succeeds at the first attempt
 * allocates nothing, and reads no clock unless it is one of the few that are measured: two volatile
 * reads while all is well.
 */
public final class Retry implements ContextPolicy {

  private static final int MOST_OF_ONE_CALL = 1_000_000;

  private final String name;
  private final Classifier classifier;
  private final AttemptRules attempts;
  private final RetryAfterRules told;
  private final RetryBudget budget;
  private final AttemptDurations times = new AttemptDurations();
  private final PolicyListener listener;

  private Retry(Builder builder) {
    this.name = builder.name;
    this.classifier = builder.classifier;
    this.attempts =
        builder.adopted != null
            ? new FailsafeAttempts(builder.adopted)
            : new AttemptCounter(builder.maxAttempts, builder.maxRejections, builder.backoff);
    this.told = builder.told;
    this.budget = builder.budget != null ? builder.budget : budgetFor(attempts.most());
    this.listener = builder.listener;
  }

  /** A lonely call gets all its attempts. */
  private static RetryBudget budgetFor(int mostAttempts) {
    int further = Math.min(mostAttempts - 1, MOST_OF_ONE_CALL);
    return RetryBudget.builder().burst(Math.max(20, further)).build();
  }

  /** Up to three attempts, with {@link Builder#backoff the default back-off}. */
  public static Retry ofDefaults() {
    return builder().build();
  }

  /**
   * A number of attempts, with {@link Builder#backoff the default back-off}.
   *
   * @param maxAttempts with the first one; at least 1
   */
  public static Retry of(int maxAttempts) {
    return builder().maxAttempts(maxAttempts).build();
  }

  /**
   * Adopts a policy of Failsafe's with its attempts, rules, delays, jitter and listeners; under a
   * context, and with the default budget.
   *
   * <p>It is asked what to do about a result, or a failure of an attempt; a rejection inside counts
   * for it as an attempt, since it knows no other. It is not asked where nobody waits any more,
   * where no time is left, or about an {@link Error}: there is no further attempt then, and its
   * {@code onFailure} listener is told unless the caller cancelled. Its maximum duration is
   * measured by Failsafe, in real time; a deadline of the context does better.
   *
   * @param policy as it was built; it may be in use elsewhere, too
   */
  public static Retry of(RetryPolicy<?> policy) {
    return builder().policy(policy).build();
  }

  /** A retry with more to say. */
  public static Builder builder() {
    return new Builder();
  }

  /** The name in events, reports and messages. */
  public String name() {
    return name;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long start = startOfFirst(ctx);
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      return new SyncRetry<>(startedFor(ctx, start), next, work).goOnAfter(failure);
    }
    if (judgeResult(result) != Verdict.SUCCESS) {
      return new SyncRetry<>(startedFor(ctx, start), next, work).goOnAfter(result);
    }
    succeeded(ctx, start);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    return AsyncRetry.start(this, ctx, next, work);
  }

  long startOfFirst(Context ctx) {
    return times.isWatching() ? times.start(ctx.timeSource()) : AttemptDurations.UNWATCHED;
  }

  /** The first attempt did, which began at {@code start}. */
  void succeeded(Context ctx, long start) {
    if (start != AttemptDurations.UNWATCHED) {
      times.took(ctx.timeSource().nanoTime() - start);
    }
    budget.recordCall();
  }

  Verdict judgeResult(@Nullable Object result) {
    Verdict verdict = classifier.judgeResult(result);
    return verdict == Verdict.SUCCESS && !attempts.accept(result) ? Verdict.FAILURE : verdict;
  }

  RetrySession startedFor(Context ctx, long start) {
    return new RetrySession(this, ctx, start);
  }

  RetryBudget budget() {
    return budget;
  }

  AttemptDurations times() {
    return times;
  }

  Classifier classifier() {
    return classifier;
  }

  AttemptRules attempts() {
    return attempts;
  }

  RetryAfterRules told() {
    return told;
  }

  PolicyListener listener() {
    return listener;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.RETRY;
  }

  @Override
  public String toString() {
    return name + " (" + attempts + ")";
  }

  /** Says what a {@link Retry} does. Not thread-safe. */
  public static final class Builder {

    private String name = "retry";
    private int maxAttempts = 3;
    private int maxRejections = 10;
    private RetryAfterRules told = RetryAfterRules.OF_REJECTIONS;
    private Backoff backoff =
        Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(5)).withFullJitter();
    private Classifier classifier = Classifier.ofDefaults();
    private @Nullable RetryPolicy<?> adopted;
    private @Nullable RetryBudget budget;
    private PolicyListener listener = PolicyListener.none();

    private Builder() {}

    /** The name in events, reports and messages. Default: {@code retry}. */
    public Builder name(String newName) {
      name = Objects.requireNonNull(newName, "name");
      return this;
    }

    /**
     * How many attempts at most.
     *
     * @param newMaxAttempts with the first one; at least 1. Default: 3
     */
    public Builder maxAttempts(int newMaxAttempts) {
      if (newMaxAttempts < 1) {
        throw new IllegalArgumentException("maxAttempts: " + newMaxAttempts + " (expected: >= 1)");
      }
      maxAttempts = newMaxAttempts;
      return this;
    }

    /**
     * How often a call may be rejected inside (circuit open, rate limited, full) and still be tried
     * again. A rejection is no attempt: the dependency was not called. Where only one attempt is
     * allowed, a rejection ends the call.
     *
     * @param newMaxRejections at least 0: then a rejection ends the call. Default: 10
     */
    public Builder maxRejections(int newMaxRejections) {
      if (newMaxRejections < 0) {
        throw new IllegalArgumentException(
            "maxRejections: " + newMaxRejections + " (expected: >= 0)");
      }
      maxRejections = newMaxRejections;
      return this;
    }

    /**
     * Reads from a failure, or from a result that counts as one, when trying again makes sense,
     * such as the {@code Retry-After} of HTTP. It takes the place of the back-off, and the next
     * attempt is never earlier; where it does not fit into the time left, the call fails at once.
     * The rule that was added last is asked first; one that says nothing, or zero, leaves it to the
     * others. Default: {@link dev.resilience.error.RejectedException#retryAfter}.
     *
     * <pre>{@code
     * Retry.builder().retryAfter(ServerBusyException.class, e -> Optional.of(e.retryAfter()))
     * }</pre>
     *
     * @param type of the exception as the work threw it, or of the result
     * @param rule must be thread-safe, and not return null
     */
    public <S> Builder retryAfter(Class<S> type, Function<? super S, Optional<Duration>> rule) {
      told = told.with(type, rule);
      return this;
    }

    /** The delays between attempts. Default: from 100 ms doubling up to 5 s, with full jitter. */
    public Builder backoff(Backoff newBackoff) {
      backoff = Objects.requireNonNull(newBackoff, "backoff");
      return this;
    }

    /**
     * What may be spent on further attempts. Default: 20 % of the calls of this retry, at least 1 a
     * second; 20 at once, or as many as one call may need, if that is more.
     *
     * @param newBudget best one for all that call the same dependency
     */
    public Builder budget(RetryBudget newBudget) {
      budget = Objects.requireNonNull(newBudget, "budget");
      return this;
    }

    /**
     * Takes the place of {@link #maxAttempts}, {@link #maxRejections} and {@link #backoff}: see
     * {@link Retry#of(RetryPolicy)}. Default: none.
     */
    public Builder policy(RetryPolicy<?> newPolicy) {
      adopted = Objects.requireNonNull(newPolicy, "policy");
      return this;
    }

    /** Judges what became of an attempt. Default: {@link Classifier#ofDefaults}. */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /** Hears of retries. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy. */
    public Retry build() {
      return new Retry(this);
    }
  }
}
