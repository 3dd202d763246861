package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.DiscardRules;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a {@link Retry} was built with, and what its calls learn from each other. */
record RetryConfig(
    String name,
    Classifier classifier,
    AttemptRules attempts,
    RetryAfterRules retryAfter,
    Duration maxRetryAfter,
    boolean waitsForOpenCircuit,
    RetryBudget budget,
    AttemptDurations durations,
    DiscardRules discards,
    PolicyListener listener,
    RetryCounters counters) {

  long startOfFirst(Context ctx) {
    return durations.isWatching() ? durations.start(ctx.timeSource()) : AttemptDurations.UNWATCHED;
  }

  /** Whether the result of a first attempt is one. A broken rule is met again, and reported. */
  boolean isGood(@Nullable Object result) {
    try {
      return judgeResult(result) == Verdict.SUCCESS;
    } catch (Throwable brokenRule) {
      return false;
    }
  }

  /** The first attempt succeeded, which began at {@code start}. */
  void firstSucceeded(Context ctx, long start) {
    if (start != AttemptDurations.UNWATCHED) {
      durations.took(ctx.timeSource().nanoTime() - start);
    }
    budget.recordSuccess();
  }

  Verdict judgeResult(@Nullable Object result) {
    Verdict verdict = classifier.judgeResult(result);
    return verdict == Verdict.SUCCESS && !attempts.accept(result) ? Verdict.FAILURE : verdict;
  }
}
