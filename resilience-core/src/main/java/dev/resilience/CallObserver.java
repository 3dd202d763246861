package dev.resilience;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent.CallCompleted;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.stage.Stages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Stands outside of all policies of a stack and tells its listener how each call ended. */
record CallObserver(String name, Classifier classifier, PolicyListener listener)
    implements ContextPolicy {

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    long start = ctx.timeSource().nanoTime();
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      tellFailure(ctx, start, failure);
      throw failure;
    }
    tellResult(ctx, start, result);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    long start = ctx.timeSource().nanoTime();
    CompletableFuture<T> told = new CompletableFuture<>();
    Stages.watch(
        next.callAsync(ctx, work),
        told,
        (result, failure) -> {
          if (failure == null) {
            tellResult(ctx, start, result);
          } else {
            tellFailure(ctx, start, failure);
          }
          Stages.complete(told, result, failure);
        });
    return told;
  }

  private void tellResult(Context ctx, long start, @Nullable Object result) {
    Verdict verdict;
    try {
      verdict = classifier.judgeResult(result);
    } catch (Throwable brokenRule) {
      verdict = Verdict.SUCCESS;
    }
    tell(ctx, start, verdict, null);
  }

  private void tellFailure(Context ctx, long start, Throwable failure) {
    Verdict verdict;
    try {
      verdict = classifier.judge(ctx, failure);
    } catch (Throwable brokenRule) {
      verdict = Classifier.ofDefaults().judge(ctx, failure);
    }
    tell(ctx, start, verdict, failure);
  }

  private void tell(Context ctx, long start, Verdict verdict, @Nullable Throwable failure) {
    Duration time = Duration.ofNanos(ctx.timeSource().nanoTime() - start);
    listener.on(ctx, new CallCompleted(name, verdict, time, failure));
  }
}
