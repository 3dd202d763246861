package dev.resilience.policy;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A stack of policies with a fallback around it; made with {@link Resilience#withFallback}.
 *
 * <p>The fallback is asked when a call failed and somebody still waits: after a time-out, the
 * caller's deadline included, a rejection, or a failure. Never when the caller cancelled, when the
 * thread was interrupted, or for an {@link Error}. It has time of its own, also after the caller's
 * deadline.
 *
 * <p>When the fallback fails, too, the original failure is thrown, with the fallback's suppressed.
 *
 * <p>Immutable and thread-safe. A call that succeeds costs nothing more than without a fallback.
 *
 * @param <T> the type of the answers
 */
public final class WithFallback<T extends @Nullable Object> {

  private final Resilience stack;
  private final Alternative<? extends T> fallback;
  private final Classifier classifier;

  WithFallback(Resilience stack, Alternative<? extends T> fallback, Classifier classifier) {
    this.stack = stack;
    this.fallback = fallback;
    this.classifier = classifier;
  }

  /**
   * The same with another judgement of what became of a call. Rules for results do not matter here:
   * a result is returned as it is. Default: {@link Classifier#ofDefaults}.
   *
   * @param newClassifier best the one that the retry and the breaker of the stack have
   */
  public WithFallback<T> judgedBy(Classifier newClassifier) {
    return new WithFallback<>(stack, fallback, Objects.requireNonNull(newClassifier, "classifier"));
  }

  /**
   * As {@link Resilience#call}, or the fallback's answer.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <X extends Throwable> T call(Context ctx, Call<? extends T, X> work) throws X {
    Objects.requireNonNull(work, "work");
    if (ctx.isDone()) {
      return this.<X>answer(ctx, verdictOfEnded(ctx), ctx.toException());
    }
    try {
      return stack.proceed(ctx, work);
    } catch (Throwable thrown) {
      Throwable failure = Resilience.seenOutside(thrown);
      return this.<X>answer(ctx, judge(ctx, failure), failure);
    }
  }

  /**
   * As {@link Resilience#run}; where the fallback answers, the work counts as done and the answer
   * is dropped.
   *
   * @param ctx the caller's context
   * @param work may be done several times, or not at all
   */
  public <X extends Throwable> void run(Context ctx, Action<X> work) throws X {
    Objects.requireNonNull(work, "work");
    if (ctx.isDone()) {
      this.<X>answer(ctx, verdictOfEnded(ctx), ctx.toException());
      return;
    }
    try {
      stack.proceed(ctx, work);
    } catch (Throwable thrown) {
      Throwable failure = Resilience.seenOutside(thrown);
      this.<X>answer(ctx, judge(ctx, failure), failure);
    }
  }

  /**
   * As {@link Resilience#callAsync}, or the fallback's answer. Cancelling the future ends the
   * fallback's work, too.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public CompletionStage<T> callAsync(Context ctx, AsyncCall<? extends T> work) {
    Objects.requireNonNull(work, "work");
    CancellableContext call = ctx.withCancel();
    AsyncResult<T> result = new AsyncResult<>(call);
    if (call.isDone()) {
      answer(call, verdictOfEnded(call), call.toException(), result);
      return result;
    }
    stack
        .start(call, work)
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                result.settle(value, null);
              } else {
                Throwable raw = RawFailure.of(failure);
                answer(call, judge(call, raw), raw, result);
              }
            });
    return result;
  }

  private static Verdict verdictOfEnded(Context ctx) {
    return ctx.error() instanceof ContextCancelledException
        ? Verdict.CALLER_CANCELLED
        : Verdict.EXPIRED_BEFORE_DISPATCH;
  }

  /** A rule that fails judges nothing: the caller gets the failure of the call. */
  private Verdict judge(Context ctx, Throwable failure) {
    try {
      return classifier.judge(ctx, failure);
    } catch (RuntimeException brokenRule) {
      SuppressedFailures.add(failure, brokenRule);
      return Verdict.IGNORED;
    }
  }

  private <X extends Throwable> T answer(Context ctx, Verdict verdict, Throwable failure) throws X {
    try {
      if (verdict.allowsFallback() && fallback.handles(verdict, failure)) {
        return fallback.answer(ctx, verdict, failure);
      }
    } catch (Throwable second) {
      SuppressedFailures.add(failure, Resilience.seenOutside(second));
    }
    throw Resilience.<X>asThrown(failure);
  }

  private void answer(Context call, Verdict verdict, Throwable failure, AsyncResult<T> result) {
    CompletionStage<? extends T> answer;
    try {
      answer =
          verdict.allowsFallback() && fallback.handles(verdict, failure)
              ? Objects.requireNonNull(fallback.answerAsync(call, verdict, failure), "answer")
              : CompletableFuture.failedFuture(failure);
    } catch (Throwable broken) {
      answer = CompletableFuture.failedFuture(broken);
    }
    answer.whenComplete(
        (value, second) -> {
          if (second == null) {
            result.settle(value, null);
          } else {
            SuppressedFailures.add(failure, RawFailure.of(second));
            result.settle(null, failure);
          }
        });
  }

  /** The stack and the fallback in one line. */
  @Override
  public String toString() {
    return fallback + " > " + stack;
  }
}
