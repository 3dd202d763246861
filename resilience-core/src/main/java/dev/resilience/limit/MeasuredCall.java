package dev.resilience.limit;

import dev.resilience.context.Context;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** Turns the outcomes of calls into samples, by the truth table. */
record MeasuredCall(PermitQueue queue, Classifier classifier) {

  private static final Logger LOG = System.getLogger(ConcurrencyLimit.class.getName());

  void returned(Context ctx, @Nullable Object result, long began, int inUse) {
    try {
      sample(ctx, classifier.judgeResult(result), began, inUse);
    } catch (Throwable brokenRule) {
      logBroken(brokenRule);
    }
  }

  void failed(Context ctx, Throwable failure, long began, int inUse) {
    try {
      sample(ctx, classifier.judge(ctx, failure), began, inUse);
    } catch (Throwable brokenRule) {
      logBroken(brokenRule);
    }
  }

  private void sample(Context ctx, Verdict verdict, long began, int inUse) {
    if (verdict.sample() != Verdict.Sample.NONE) {
      boolean atLeast = verdict.sample() == Verdict.Sample.AT_LEAST;
      queue.sample(ctx, began, ctx.timeSource().nanoTime(), atLeast, inUse);
    }
  }

  /** The call is not to suffer: it is no sample. */
  private void logBroken(Throwable brokenRule) {
    SafeText.log(LOG, Level.WARNING, queue.name() + ": a call could not be judged", brokenRule);
  }
}
