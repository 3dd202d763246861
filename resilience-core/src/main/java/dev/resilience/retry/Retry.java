package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyListener;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
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
 *   <li>A rejection that says when trying again makes sense ({@code retryAfter}) is obeyed: that is
 *       the delay, without jitter. All else waits as the {@link Backoff} says.
 *   <li>When no further attempt is made, the last failure is thrown as it was, with the earlier
 *       ones suppressed in it and with the {@link dev.resilience.policy.CallStory} of the call; a
 *       result that counts as a failure is returned.
 *   <li>A caller that ends during a back-off ends it at once. What is thrown then is the {@link
 *       dev.resilience.context.ContextException} of the caller, as from any other wait, with the
 *       failures suppressed in it. A thread that is interrupted from outside then gets a {@link
 *       dev.resilience.policy.CallInterruptedException}, with the flag set again.
 * </ul>
 *
 * <p>The number of attempts and the verdicts that end them are the business of a {@code
 * dev.failsafe.RetryPolicy}, which is consulted from the first failure on. Waiting, time and
 * randomness are the context's.
 *
 * <p>Thread-safe; one object serves any number of calls. A call that succeeds at the first attempt
 * allocates nothing and reads no clock.
 */
public final class Retry implements ContextPolicy {

  private final String name;
  private final Classifier classifier;
  private final Attempts attempts;
  private final PolicyListener listener;

  private Retry(Builder builder) {
    this.name = builder.name;
    this.classifier = builder.classifier;
    this.attempts = new CountedAttempts(builder.maxAttempts, builder.backoff);
    this.listener = builder.listener;
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

  /** A retry with more to say. */
  public static Builder builder() {
    return new Builder();
  }

  /** The name in events, stories and messages. */
  public String name() {
    return name;
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      return new SyncRetry<>(startedFor(ctx), next, work).goOnAfter(failure);
    }
    return classifier.judgeResult(result) == Verdict.SUCCESS
        ? result
        : new SyncRetry<>(startedFor(ctx), next, work).goOnAfter(result);
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    return AsyncRetry.start(this, ctx, next, work);
  }

  RetryState startedFor(Context ctx) {
    return new RetryState(this, ctx);
  }

  Classifier classifier() {
    return classifier;
  }

  Attempts attempts() {
    return attempts;
  }

  PolicyListener listener() {
    return listener;
  }

  @Override
  public String toString() {
    return name + " (" + attempts + ")";
  }

  /** Says what a {@link Retry} does. Not thread-safe. */
  public static final class Builder {

    private String name = "retry";
    private int maxAttempts = 3;
    private Backoff backoff =
        Backoff.exponential(Duration.ofMillis(100), Duration.ofSeconds(5)).withFullJitter();
    private Classifier classifier = Classifier.ofDefaults();
    private PolicyListener listener = PolicyListener.none();

    private Builder() {}

    /** The name in events, stories and messages. Default: {@code retry}. */
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

    /** The delays between attempts. Default: from 100 ms doubling up to 5 s, with full jitter. */
    public Builder backoff(Backoff newBackoff) {
      backoff = Objects.requireNonNull(newBackoff, "backoff");
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
