package dev.resilience.retry;

import dev.failsafe.RetryPolicy;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
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
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
 *       Error}, nor, by default, a programming error such as a {@link NullPointerException}.
 *   <li>No back-off passes the caller's deadline: where the delay is not shorter than the time
 *       left, the call fails at once with its last real failure, not after a sleep with a time-out.
 *   <li>Nor does an attempt that can hardly finish: where the delay and the median of the attempts
 *       that were measured do not fit into the time left, the call fails at once, too. The median
 *       is that of the latest 32 measured attempts, with fewer than 8 nothing is known. Measured
 *       are all attempts as long as they take a millisecond or more; of faster ones the first 32,
 *       and 16 after each failure.
 *   <li>An open circuit ends the call at once, unless the retry was told to {@linkplain
 *       Builder#waitForOpenCircuit wait for it}.
 *   <li>Any other rejection inside uses up no attempt, because the dependency was not called. It is
 *       waited for up to {@link Builder#maxRejections} times, as long as time and budget last.
 *   <li>A rejection that says when trying again makes sense is obeyed, and so is what {@link
 *       Builder#retryAfter} reads from a failure: no attempt is earlier. Where the back-off has
 *       jitter, up to a tenth is added, if that fits. More than {@link Builder#maxRetryAfter} is
 *       not worth waiting. All else waits as the {@link Backoff} says.
 *   <li>A {@link RetryBudget} keeps retries under a share of the calls. Where it is used up, or an
 *       adaptive concurrency limit shrinks ({@link #limitListener}), the call fails with its last
 *       real failure.
 *   <li>When no further attempt is made, the last failure is thrown as it was, with the earlier
 *       ones suppressed in it and with the {@link dev.resilience.observe.CallReport} of the call; a
 *       result that counts as a failure is returned.
 *   <li>A caller that ends during a back-off ends it at once. What is thrown then is the {@link
 *       dev.resilience.context.ContextException} of the caller, as from any other wait, with the
 *       failures suppressed in it. A thread that is interrupted from outside then gets a {@link
 *       dev.resilience.error.CallInterruptedException}, with the flag set again.
 *   <li>Where a rule, a back-off or the budget throws, the call ends with that, the failure of the
 *       attempt suppressed in it.
 * </ul>
 *
 * <p>Thread-safe; one object serves any number of calls. A call that succeeds at the first attempt
 * allocates nothing, and reads no clock unless it is measured: two volatile reads while all is well
 * and fast.
 */
public final class Retry implements ContextPolicy {

  private static final int MOST_OF_ONE_CALL = 300_000;

  private final RetryConfig config;

  private Retry(RetryConfig config) {
    this.config = config;
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
   * for it as an attempt, since it knows no other, also one by an open circuit. It is not asked
   * where nobody waits any more, where no time is left, or about an {@link Error}: there is no
   * further attempt then, and its {@code onFailure} listener is told unless the caller cancelled.
   * Its maximum duration is measured by Failsafe, in real time; a deadline of the context does
   * better.
   *
   * @param policy as it was built; it may be in use elsewhere, too
   */
  public static Retry of(RetryPolicy<?> policy) {
    return builder().policy(policy).build();
  }

  /** Returns a builder with all defaults set, for one that is named {@code retry}. */
  public static Builder builder() {
    return builder("retry");
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name in events, reports and messages
   */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /** The name in events, reports and messages. */
  public String name() {
    return config.name();
  }

  /** The figures as of now. */
  public RetrySnapshot snapshot() {
    return new RetrySnapshot(config.name(), config.counters(), config.budget());
  }

  /**
   * Give this to the adaptive concurrency limit of the same dependency: while that shrinks, there
   * are no retries. Where retry and hedge share a budget, the listener of one of them is enough.
   */
  public PolicyListener limitListener() {
    return event -> {
      if (event instanceof PolicyEvent.ConcurrencyLimitChanged changed) {
        config.budget().limitChanged(changed.from(), changed.to());
      }
    };
  }

  @Override
  @SuppressWarnings("NullAway") // a null result is one that T allows
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long start = config.startOfFirst(ctx);
    RetrySession session = null;
    while (true) {
      T result = null;
      Throwable failure = null;
      try {
        result = next.call(ctx, work);
      } catch (Throwable thrown) {
        failure = thrown;
      }
      if (session == null) {
        if (failure == null && config.isGood(result)) {
          config.firstSucceeded(ctx, start);
          return result;
        }
        session = new RetrySession(config, ctx, start);
      }
      Duration delay = session.delayAfter(result, failure);
      if (delay == null) {
        if (failure != null) {
          throw Failures.<X>asThrown(failure);
        }
        return result;
      }
      sleep(ctx, delay, session);
      session.begins();
    }
  }

  private static void sleep(Context ctx, Duration delay, RetrySession session) {
    try {
      ctx.sleep(delay);
    } catch (ContextException end) {
      throw session.endedInBackoff(end);
    } catch (InterruptedException interrupt) {
      RuntimeException thrown = Failures.interrupted(ctx, interrupt);
      throw thrown instanceof ContextException end
          ? session.endedInBackoff(end)
          : session.interruptedInBackoff(thrown);
    } catch (Throwable broken) {
      session.backoffFailed(broken);
      throw broken;
    }
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    return AsyncRetry.call(config, ctx, next, work);
  }

  RetryConfig config() {
    return config;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.RETRY;
  }

  @Override
  public String toString() {
    return config.name() + " (" + config.attempts() + ")";
  }

  /** Builds a {@link Retry}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int maxAttempts = 3;
    private int maxRejections = 10;
    private RetryAfterRules retryAfter = RetryAfterRules.OF_REJECTIONS;
    private Duration maxRetryAfter = Duration.ofMinutes(1);
    private boolean waitsForOpenCircuit;
    private Backoff backoff =
        Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(5)).withFullJitter();
    private @Nullable Classifier classifier;
    private UnaryOperator<Classifier> rules = UnaryOperator.identity();
    private DiscardRules discards = DiscardRules.none();
    private @Nullable RetryPolicy<?> adopted;
    private @Nullable RetryBudget budget;
    private PolicyListener listener = PolicyListener.none();

    private Builder(String name) {
      this.name = name;
    }

    /**
     * How many attempts at most.
     *
     * @param newMaxAttempts with the first one; at least 1. Default: 3
     */
    public Builder maxAttempts(int newMaxAttempts) {
      maxAttempts = Arguments.requireAtLeastOne(newMaxAttempts, "maxAttempts");
      return this;
    }

    /**
     * How often a call may be rejected inside (rate limited, full) and still be tried again. A
     * rejection is no attempt: the dependency was not called. Where only one attempt is allowed, a
     * rejection ends the call.
     *
     * @param newMaxRejections at least 0: then a rejection ends the call. Default: 10
     */
    public Builder maxRejections(int newMaxRejections) {
      maxRejections = Arguments.requireNotNegative(newMaxRejections, "maxRejections");
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
      retryAfter = retryAfter.with(type, rule);
      return this;
    }

    /**
     * The longest time to wait that is told by a rejection or by what {@link #retryAfter} reads. A
     * longer one fails the call at once. The deadline of the caller may be nearer.
     *
     * @param longest positive. Default: one minute
     */
    public Builder maxRetryAfter(Duration longest) {
      maxRetryAfter = Durations.requirePositive(longest, "maxRetryAfter");
      return this;
    }

    /**
     * Waits for an open circuit as for any other rejection, if there is time. Default: an open
     * circuit ends the call at once. That is what it is there for, and callers who have waited
     * become its probes with hardly any time left. Wait where the answer matters more than when it
     * comes, as in a batch.
     */
    public Builder waitForOpenCircuit() {
      waitsForOpenCircuit = true;
      return this;
    }

    /** The delays between attempts. Default: from 100 ms doubling up to 5 s, with full jitter. */
    public Builder backoff(Backoff newBackoff) {
      backoff = Objects.requireNonNull(newBackoff, "backoff");
      return this;
    }

    /**
     * What may be spent on further attempts. Default: a budget of its own, {@link
     * RetryBudget#ofDefaults}, with room for all further attempts of one call.
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

    /**
     * Judges what became of an attempt. Default: {@link Classifier#ofDefaults}; with a {@link
     * #policy} of Failsafe's, which has rules of its own, also programming errors are put to it.
     */
    public Builder classifier(Classifier newClassifier) {
      classifier = Objects.requireNonNull(newClassifier, "classifier");
      return this;
    }

    /** Tries again after exceptions of these types only: {@link Classifier#retryOn}. */
    @SafeVarargs
    @SuppressWarnings("varargs") // only passed on
    public final Builder retryOn(Class<? extends Exception>... types) {
      Class<? extends Exception>[] all = types.clone();
      return rule(judge -> judge.retryOn(all));
    }

    /** Exceptions of these types end the call: {@link Classifier#abortOn}. */
    @SafeVarargs
    @SuppressWarnings("varargs") // only passed on
    public final Builder abortOn(Class<? extends Exception>... types) {
      Class<? extends Exception>[] all = types.clone();
      return rule(judge -> judge.abortOn(all));
    }

    /**
     * Tries again after exceptions for which this is true; those that no rule is about are judged
     * as before. The rule that was added last is asked first.
     */
    public Builder retryIf(Predicate<? super Exception> when) {
      Objects.requireNonNull(when, "when");
      return rule(judge -> judge.onFailureIf(when, Verdict.FAILURE));
    }

    /**
     * Exceptions for which this is true end the call. The rule that was added last is asked first.
     */
    public Builder abortIf(Predicate<? super Exception> when) {
      Objects.requireNonNull(when, "when");
      return rule(judge -> judge.onFailureIf(when, Verdict.PERMANENT_FAILURE));
    }

    /** Beside the classifier, whichever that will be. */
    private Builder rule(UnaryOperator<Classifier> rule) {
      UnaryOperator<Classifier> before = rules;
      rules = judge -> rule.apply(before.apply(judge));
      return this;
    }

    /**
     * What to do with a result of this type that is not good enough and makes room for another
     * attempt, such as to close a response. Default: it is dropped.
     *
     * @param type of the result
     * @param action must be thread-safe; what it throws is logged
     */
    public <R> Builder onDiscard(Class<R> type, Consumer<? super R> action) {
      discards = discards.with(type, action);
      return this;
    }

    /** Hears of retries. Default: nobody. */
    public Builder listener(PolicyListener newListener) {
      listener = PolicyListener.contained(newListener);
      return this;
    }

    /** The policy. */
    public Retry build() {
      AttemptRules attempts =
          adopted != null
              ? new FailsafeAttempts(adopted)
              : new AttemptCounter(maxAttempts, maxRejections, backoff);
      return new Retry(
          new RetryConfig(
              name,
              rules.apply(judge()),
              attempts,
              retryAfter,
              maxRetryAfter,
              waitsForOpenCircuit || adopted != null,
              budget != null ? budget : budgetFor(attempts.most()),
              new AttemptDurations(),
              discards,
              listener,
              new RetryCounters()));
    }

    private Classifier judge() {
      if (classifier != null) {
        return classifier;
      }
      return adopted != null
          ? Classifier.ofDefaults().retryProgrammingErrors()
          : Classifier.ofDefaults();
    }

    /** A lonely call gets all its attempts, the dear ones too. */
    private static RetryBudget budgetFor(int mostAttempts) {
      int further = Math.min(mostAttempts - 1, MOST_OF_ONE_CALL);
      return RetryBudget.builder().burst(Math.max(20, 3 * further)).build();
    }
  }
}
