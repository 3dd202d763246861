package dev.resilience.policy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A stack of policies around calls, the outermost first.
 *
 * <pre>{@code
 * Resilience payments = Resilience.of(retry, breaker, timeout);
 *
 * Quote quote = payments.call(ctx, c -> api.quote(c, order));
 * CompletionStage<Quote> later = payments.callAsync(ctx, c -> api.quoteAsync(c, order));
 * }</pre>
 *
 * <p>Each policy sees what is inside it as one call: {@code of(retry, timeout)} limits each
 * attempt, {@code of(timeout, retry)} limits all attempts together. The same policy object may
 * stand in many stacks, which then share its state.
 *
 * <p>A call whose context has ended fails at once with that context's exception, and does not reach
 * the policies. The work gets a context of its own to pass on; it may have less time than the
 * caller's.
 *
 * <p>Immutable and thread-safe, as long as the policies are. A call that succeeds at once costs the
 * policies' own steps, and a reading of the clock if its context has a deadline; nothing is
 * allocated here. An asynchronous call costs a few small objects.
 */
public final class Resilience {

  private static final Logger LOG = System.getLogger(Resilience.class.getName());

  private final ContextPolicy[] policies;
  private final Next first;
  private final List<String> warnings;
  private final @Nullable StoryListener stories;

  private Resilience(ContextPolicy[] policies) {
    this.policies = policies;
    this.first = Next.of(policies);
    this.warnings = Composition.warnings(policies);
    this.stories = null;
  }

  private Resilience(Resilience stack, StoryListener stories) {
    this.policies = stack.policies;
    this.first = stack.first;
    this.warnings = stack.warnings;
    this.stories = stories;
  }

  /**
   * A stack. Where its order leads to what is seldom meant, the log says so, and {@link #warnings}.
   *
   * @param outermostFirst the policies; none: calls are only bound to their contexts
   */
  public static Resilience of(ContextPolicy... outermostFirst) {
    ContextPolicy[] policies = outermostFirst.clone();
    for (int i = 0; i < policies.length; i++) {
      Objects.requireNonNull(policies[i], "outermostFirst[" + i + "]");
    }
    Resilience stack = new Resilience(policies);
    for (String warning : stack.warnings) {
      LOG.log(Level.WARNING, warning);
    }
    return stack;
  }

  /**
   * Does the work on this thread.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   * @return the result of the work
   * @throws X what the work throws, as it was thrown; with retries the last failure
   * @throws dev.resilience.context.ContextException if {@code ctx} has ended and the work had no
   *     result
   * @throws ResilienceException if a policy made the call fail
   * @throws CallInterruptedException if this thread was interrupted from outside; the flag is set
   */
  public <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Call<T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    if (ctx.isDone()) {
      throw ctx.toException();
    }
    if (stories != null) {
      return callTold(new Telling(this, stories, ctx), work);
    }
    try {
      return first.call(ctx, work);
    } catch (Throwable failure) {
      throw Resilience.<X>asThrown(seenOutside(failure));
    }
  }

  private <T extends @Nullable Object, X extends Throwable> T callTold(
      Telling telling, Call<T, X> work) throws X {
    T result;
    try {
      result = first.call(telling.context(), work);
    } catch (Throwable failure) {
      Throwable seen = seenOutside(failure);
      telling.failed(seen);
      throw Resilience.<X>asThrown(seen);
    }
    telling.succeeded();
    return result;
  }

  /**
   * As {@link #call}, for work without a result.
   *
   * @param ctx the caller's context
   * @param work may be done several times, or not at all
   */
  public <X extends Throwable> void run(Context ctx, Action<X> work) throws X {
    call(ctx, work);
  }

  /**
   * Starts the work and returns at once.
   *
   * <p>The stage fails with the failure itself, as {@code whenComplete} and {@code handle} see it;
   * only {@code join} and {@code get} wrap it, as they always do. When the context ends, the stage
   * completes at once, whether or not the work's own stage ever does. To cancel the future of the
   * stage ({@code stage.toCompletableFuture().cancel(true)}), or to complete it otherwise, counts
   * as the caller's cancelling: the context that the work was given ends.
   *
   * <p>The context that the work was given also ends when the stage completes. The stage that the
   * work returned is never cancelled from here, because others may wait for it; where it is the
   * work's own, say so: {@code c.onDone(() -> future.cancel(true))}.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all; runs on this thread, or on the executor
   *     of the time source for further attempts
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work) {
    Objects.requireNonNull(work, "work");
    if (ctx.isDone()) {
      return CompletableFuture.failedFuture(ctx.toException());
    }
    CancellableContext call = ctx.withCancel();
    AsyncResult<T> result = new AsyncResult<>(call);
    Telling telling = telling(call);
    start(telling == null ? call : telling.context(), work)
        .whenComplete(
            (value, thrown) -> {
              Throwable failure = thrown == null ? null : RawFailure.of(thrown);
              if (telling != null) {
                if (failure == null) {
                  telling.succeeded();
                } else {
                  telling.failed(failure);
                }
              }
              result.settle(value, failure);
            });
    return result;
  }

  /**
   * This stack, with something else to answer when a call fails. A fallback stands outside of all
   * policies, and knows the type of the answer.
   *
   * <pre>{@code
   * Quote safe = payments
   *     .withFallback(Fallbacks.onOpenCircuit((c, e) -> stale.quote(c)).otherwise(Quote.NONE))
   *     .call(ctx, c -> api.quote(c, order));
   * }</pre>
   *
   * @param fallback made with {@code dev.resilience.fallback.Fallbacks}
   */
  public <T extends @Nullable Object> WithFallback<T> withFallback(
      Alternative<? extends T> fallback) {
    return new WithFallback<>(
        this, Objects.requireNonNull(fallback, "fallback"), Classifier.ofDefaults());
  }

  /**
   * This stack, with a listener that hears the story of each call in which anything happened but a
   * success at the first attempt: failures, further attempts, waits, hedges, circuits that changed,
   * and what a fallback answered. An exception that is thrown then carries that story, too.
   *
   * <pre>{@code
   * Resilience told = Resilience.of(retry, breaker, timeout)
   *     .withStories(story -> log.log(INFO, story.toTree()));
   * }</pre>
   *
   * <p>A stack inside the work of such a call adds to its story, whether it has a listener or not.
   *
   * <p>Costs a child context and one small object for each call, 112 bytes; without a listener
   * nothing.
   *
   * @param listener in place of the one that was there
   */
  public Resilience withStories(StoryListener listener) {
    return new Resilience(this, Objects.requireNonNull(listener, "listener"));
  }

  /** The stack in one line, outermost first. */
  public String describe() {
    return policies.length == 0
        ? "no policy"
        : Arrays.stream(policies).map(Object::toString).collect(Collectors.joining(" > "));
  }

  /**
   * What the order of this stack leads to, where that is seldom meant; empty for most stacks. All
   * of it is legal. Made when the stack is built, from the {@linkplain ContextPolicy#role roles} of
   * its policies.
   */
  public List<String> warnings() {
    return warnings;
  }

  /** As {@link #describe}. */
  @Override
  public String toString() {
    return describe();
  }

  /** The story of a call that begins; null if nobody listens. */
  @Nullable Telling telling(Context ctx) {
    return stories == null ? null : new Telling(this, stories, ctx);
  }

  /** As {@link #call}, for a context that was looked at, and without a story. */
  <T extends @Nullable Object, X extends Throwable> T proceed(Context ctx, Call<T, X> work)
      throws X {
    return first.call(ctx, work);
  }

  /** Never throws, never null, also if a policy breaks its contract. */
  <T extends @Nullable Object> CompletionStage<T> start(Context call, AsyncCall<T> work) {
    try {
      CompletionStage<T> stage = first.callAsync(call, work);
      return stage != null
          ? stage
          : CompletableFuture.failedFuture(
              new NullPointerException("a policy returned null (expected: a CompletionStage)"));
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  /**
   * What came out of a synchronous call. An interruption that nobody inside has claimed came from
   * outside: it is not lost with whatever is done about the failure.
   */
  static Throwable seenOutside(Throwable failure) {
    if (failure instanceof InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return new CallInterruptedException(interrupted);
    }
    return failure;
  }

  // The work and the policies throw X and what is unchecked.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Throwable> X asThrown(Throwable failure) {
    return (X) failure;
  }
}
