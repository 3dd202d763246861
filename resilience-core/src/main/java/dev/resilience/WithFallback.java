package dev.resilience;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.Failures;
import dev.resilience.observe.CallReportCollector;
import dev.resilience.policy.Action;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.BadResultException;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Fallback;
import dev.resilience.policy.PolicyChain;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.CallerFuture;
import dev.resilience.stage.Stages;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A stack of policies with a fallback around it; made with {@link Resilience#withFallback}.
 *
 * <p>The fallback is asked when a call failed and somebody still waits: after a time-out, the
 * caller's deadline included, a rejection, a failure, or a result that a {@linkplain #judgedBy
 * classifier} judges a failure. Never when the caller cancelled, when the thread was interrupted,
 * or for an {@link Error}. It has time of its own, also after the caller's deadline.
 *
 * <p>When the fallback fails, too, the original failure is thrown, with the fallback's suppressed;
 * a bad result is returned as it was. Who has to know which it is, real or a fallback's, asks for a
 * {@link Degraded} result.
 *
 * <p>Immutable and thread-safe. A call that succeeds costs nothing more than without a fallback.
 *
 * @param <T> the type of the answers
 */
public final class WithFallback<T extends @Nullable Object> {

  private static final Logger LOG = System.getLogger(WithFallback.class.getName());

  private final Resilience stack;
  private final Fallback<? extends T> fallback;
  private final Classifier classifier;

  WithFallback(Resilience stack, Fallback<? extends T> fallback, Classifier classifier) {
    this.stack = stack;
    this.fallback = fallback;
    this.classifier = classifier;
  }

  /**
   * The same with another judgement of what became of a call. A result that it judges {@link
   * Verdict#FAILURE}, {@link Verdict#PERMANENT_FAILURE} or {@link Verdict#REJECTED} goes to the
   * fallback as a {@link BadResultException}. Default: {@link Classifier#ofDefaults}, by which all
   * results are good.
   *
   * @param newClassifier best the one that the retry and the breaker of the stack have
   */
  public WithFallback<T> judgedBy(Classifier newClassifier) {
    return new WithFallback<>(stack, fallback, Objects.requireNonNull(newClassifier, "classifier"));
  }

  // ---- on the caller's thread

  /**
   * As {@link Resilience#call}, or the fallback's answer.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <X extends Throwable> T call(Context ctx, Call<? extends T, X> work) throws X {
    Objects.requireNonNull(work, "work");
    CallReportCollector collector = stack.collector(ctx);
    if (collector != null) {
      return this.<X>reported(collector, work).value();
    }
    if (ctx.isDone()) {
      return this.<X>afterEnd(ctx).value();
    }
    T result;
    try {
      result = stack.chain().proceed(ctx, work);
    } catch (Throwable thrown) {
      return this.<X>afterFailure(ctx, thrown).value();
    }
    Verdict verdict = judgeResult(ctx, result);
    return verdict == Verdict.SUCCESS ? result : insteadOf(ctx, result, verdict).value();
  }

  /**
   * As {@link #call}, with a result that says whether it is the fallback's, and then why, and how
   * old it is.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public <X extends Throwable> Degraded<T> callDegradable(Context ctx, Call<? extends T, X> work)
      throws X {
    Objects.requireNonNull(work, "work");
    CallReportCollector collector = stack.collector(ctx);
    return collector != null ? this.<X>reported(collector, work) : this.<X>unreported(ctx, work);
  }

  private <X extends Throwable> Degraded<T> reported(
      CallReportCollector collector, Call<? extends T, X> work) throws X {
    Degraded<T> answer;
    try {
      answer = this.<X>unreported(collector.context(), work);
    } catch (Throwable failure) {
      collector.failed(failure);
      throw failure;
    }
    report(collector, answer, null);
    return answer;
  }

  private <X extends Throwable> Degraded<T> unreported(Context ctx, Call<? extends T, X> work)
      throws X {
    if (ctx.isDone()) {
      return this.<X>afterEnd(ctx);
    }
    T result;
    try {
      result = stack.chain().proceed(ctx, work);
    } catch (Throwable thrown) {
      return this.<X>afterFailure(ctx, thrown);
    }
    Verdict verdict = judgeResult(ctx, result);
    return verdict == Verdict.SUCCESS ? Degraded.not(result) : insteadOf(ctx, result, verdict);
  }

  /**
   * As {@link Resilience#run}; where the fallback answers, the work counts as done and the answer
   * is dropped.
   *
   * @param ctx the caller's context
   * @param work may be done several times, or not at all
   */
  public <X extends Throwable> void run(Context ctx, Action<X> work) throws X {
    call(ctx, this.<X>dropped(Objects.requireNonNull(work, "work")));
  }

  // Its result is null, and dropped.
  @SuppressWarnings("unchecked")
  private <X extends Throwable> Call<? extends T, X> dropped(Call<?, X> work) {
    return (Call<? extends T, X>) work;
  }

  /** The work is not begun. */
  private <X extends Throwable> Degraded<T> afterEnd(Context ctx) throws X {
    return this.<X>afterFailure(ctx, verdictOfEnded(ctx), ctx.toException());
  }

  private <X extends Throwable> Degraded<T> afterFailure(Context ctx, Throwable thrown) throws X {
    Throwable failure = PolicyChain.interruptionKept(ctx, thrown);
    return this.<X>afterFailure(ctx, judge(ctx, failure), failure);
  }

  private <X extends Throwable> Degraded<T> afterFailure(
      Context ctx, Verdict verdict, Throwable failure) throws X {
    try {
      if (verdict.allowsFallback() && fallback.handles(verdict, failure)) {
        return Degraded.by(fallback.answer(ctx, verdict, failure), verdict, failure);
      }
    } catch (Throwable second) {
      Failures.suppress(failure, PolicyChain.interruptionKept(ctx, second));
    }
    throw Failures.<X>asThrown(failure);
  }

  private Degraded<T> insteadOf(Context ctx, T result, Verdict verdict) {
    BadResultException bad = new BadResultException(result, verdict);
    try {
      if (verdict.allowsFallback() && fallback.handles(verdict, bad)) {
        return Degraded.by(fallback.answer(ctx, verdict, bad), verdict, bad);
      }
    } catch (Throwable second) {
      if (PolicyChain.interruptionKept(ctx, second) instanceof Error) {
        // The caller gets a result, which can carry nothing.
        SafeText.log(LOG, Level.WARNING, "a fallback failed; the bad result is returned", second);
      }
    }
    return Degraded.not(result);
  }

  // ---- with stages

  /**
   * As {@link Resilience#callAsync}, or the fallback's answer. Cancelling the future ends the
   * fallback's work, too.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public CompletionStage<T> callAsync(Context ctx, AsyncCall<? extends T> work) {
    return start(ctx, work, Degraded::value);
  }

  /**
   * As {@link #callAsync}, with a result that says whether it is the fallback's, and then why, and
   * how old it is.
   *
   * @param ctx the caller's context
   * @param work may be called several times, or not at all
   */
  public CompletionStage<Degraded<T>> callDegradableAsync(
      Context ctx, AsyncCall<? extends T> work) {
    return start(ctx, work, answer -> answer);
  }

  private <R extends @Nullable Object> CompletionStage<R> start(
      Context ctx,
      AsyncCall<? extends T> work,
      Function<? super Degraded<T>, ? extends R> asWanted) {
    Objects.requireNonNull(work, "work");
    @SuppressWarnings("MustBeClosed") // closed by the future
    CancellableContext call = ctx.withCancel();
    CallerFuture<R> result = new CallerFuture<>(call);
    CallReportCollector collector = stack.collector(call);
    Stages.watch(
        start(collector == null ? call : collector.context(), work),
        result,
        (answer, failure) -> {
          R wanted = failure == null ? asWanted.apply(answer) : null;
          try {
            report(collector, answer, failure);
          } finally {
            result.settle(wanted, failure);
          }
        });
    return result;
  }

  private CompletionStage<Degraded<T>> start(Context call, AsyncCall<? extends T> work) {
    CompletableFuture<Degraded<T>> answer = new CompletableFuture<>();
    boolean hadEnded = call.isDone();
    CompletionStage<? extends T> stage =
        hadEnded
            ? CompletableFuture.failedFuture(call.toException())
            : stack.chain().start(call, work);
    Stages.watch(
        stage,
        answer,
        (result, failure) -> {
          if (failure == null) {
            afterResult(call, result, answer);
          } else {
            Verdict verdict = hadEnded ? verdictOfEnded(call) : judge(call, failure);
            afterFailure(call, verdict, failure, answer);
          }
        });
    return answer;
  }

  private void afterFailure(
      Context call, Verdict verdict, Throwable failure, CompletableFuture<Degraded<T>> answer) {
    Stages.watch(
        ask(call, verdict, failure),
        answer,
        (given, second) -> {
          if (second != null) {
            Failures.suppress(failure, second);
            answer.completeExceptionally(failure);
          } else {
            answer.complete(given);
          }
        });
  }

  private void afterResult(Context call, T result, CompletableFuture<Degraded<T>> answer) {
    Verdict verdict = judgeResult(call, result);
    if (verdict == Verdict.SUCCESS) {
      answer.complete(Degraded.not(result));
      return;
    }
    Stages.watch(
        ask(call, verdict, new BadResultException(result, verdict)),
        answer,
        (given, second) -> answer.complete(second == null ? given : Degraded.not(result)));
  }

  /** Fails with the failure itself where there is no answer for it. */
  private CompletionStage<Degraded<T>> ask(Context call, Verdict verdict, Throwable failure) {
    try {
      if (verdict.allowsFallback() && fallback.handles(verdict, failure)) {
        return ask(fallback, call, verdict, failure);
      }
    } catch (Throwable broken) {
      return CompletableFuture.failedFuture(broken);
    }
    return CompletableFuture.failedFuture(failure);
  }

  private <U extends T> CompletionStage<Degraded<T>> ask(
      Fallback<U> asked, Context call, Verdict verdict, Throwable failure) {
    CompletableFuture<Degraded<T>> degraded = new CompletableFuture<>();
    Stages.watch(
        Objects.requireNonNull(asked.answerAsync(call, verdict, failure), "answer"),
        degraded,
        (given, second) ->
            Stages.complete(
                degraded, second == null ? Degraded.by(given, verdict, failure) : null, second));
    return degraded;
  }

  // ---- judging

  private static Verdict verdictOfEnded(Context ctx) {
    return ctx.error() instanceof ContextCancelledException
        ? Verdict.CALLER_CANCELLED
        : Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH;
  }

  /** A rule that fails judges nothing: the caller gets the failure of the call. */
  private Verdict judge(Context ctx, Throwable failure) {
    try {
      return classifier.judge(ctx, failure);
    } catch (Throwable brokenRule) {
      Failures.suppress(failure, brokenRule);
      return Verdict.IGNORED;
    }
  }

  /** Nobody is there to be served otherwise when the caller has cancelled. */
  private Verdict judgeResult(Context ctx, @Nullable Object result) {
    Verdict verdict;
    try {
      verdict = classifier.judgeResult(result);
    } catch (Throwable brokenRule) {
      SafeText.log(LOG, Level.WARNING, "a rule of the classifier failed", brokenRule);
      return Verdict.SUCCESS;
    }
    return verdict != Verdict.SUCCESS && ctx.error() instanceof ContextCancelledException
        ? Verdict.SUCCESS
        : verdict;
  }

  @SuppressWarnings("NullAway") // an answer is there where no failure is
  private static void report(
      @Nullable CallReportCollector collector,
      @Nullable Degraded<?> answer,
      @Nullable Throwable failure) {
    if (collector == null) {
      return;
    }
    if (failure != null) {
      collector.failed(failure);
    } else if (answer.isDegraded()) {
      collector.answered(
          answer.toString(), answer.failure().orElseThrow(), answer.verdict().orElseThrow());
    } else {
      collector.succeeded();
    }
  }

  /** The stack and the fallback in one line. */
  @Override
  public String toString() {
    return SafeText.of(fallback) + " > " + stack;
  }
}
