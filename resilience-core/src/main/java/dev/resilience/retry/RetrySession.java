package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.Deadline;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one call remembers from its first failure on, and the decisions: the same for a call that
 * blocks and for one that does not. Used by one thread at a time.
 */
final class RetrySession {

  private final Retry retry;
  private final Context ctx;
  private final AttemptRules.Count attempts;
  private final CallReport.Recorder report;
  private long start;

  /** A token of the budget, for the attempt that is waited for or under way. */
  private boolean holdsToken;

  RetrySession(Retry retry, Context ctx, long start) {
    this.retry = retry;
    this.ctx = ctx;
    this.start = start;
    this.attempts = retry.attempts().start();
    this.report = CallReport.recorder(retry.name(), ctx);
  }

  Context ctx() {
    return ctx;
  }

  /** A further attempt begins. */
  void begins() {
    attempts.begins();
    start = retry.times().start(ctx.timeSource());
  }

  /** The delay before the next attempt; null: there is none, and the failure carries the report. */
  @Nullable Duration delayAfter(Throwable failure) {
    Verdict verdict = judge(failure);
    ended(verdict);
    boolean isFirst = report.attempts() == 0;
    if (isFirst && verdict == Verdict.FATAL) {
      attempts.gaveUp(null, failure);
      return null;
    }
    if (isFirst && verdict == Verdict.SUCCESS) {
      return null;
    }
    report.failed(failure, verdict);
    if (verdict == Verdict.SUCCESS) {
      tellSuccess();
      return null;
    }
    return decide(null, failure, verdict);
  }

  /** The delay before the next attempt; null: there is none, and this result is the answer. */
  @Nullable Duration delayAfterResult(@Nullable Object result) {
    Verdict verdict = retry.judgeResult(result);
    ended(verdict);
    report.returned(result, verdict);
    if (verdict == Verdict.SUCCESS) {
      tellSuccess();
      return null;
    }
    return decide(result, null, verdict);
  }

  /** The caller ended while it waited: what is thrown then carries the report. */
  ContextException endedInBackoff(ContextException end) {
    String who =
        end instanceof ContextCancelledException
            ? "the caller cancelled"
            : "the caller's deadline passed";
    giveTokenBack();
    stop(report.stopped(who + " during the back-off"), end);
    return end;
  }

  /** The wait itself failed: there is no other attempt. */
  Throwable brokenInBackoff(Throwable failure) {
    giveTokenBack();
    return failure;
  }

  /** The thread was interrupted while it waited. */
  CallInterruptedException interruptedInBackoff(InterruptedException interrupt) {
    giveTokenBack();
    CallInterruptedException thrown = new CallInterruptedException(interrupt);
    stop(report.stopped("interrupted from outside during the back-off"), thrown);
    return thrown;
  }

  private @Nullable Duration decide(
      @Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
    if (!attempts.another(result, failure, verdict)) {
      String why = attempts.whyNoOther();
      stop(report.stopped(why != null ? why : reason(verdict)), failure);
      return null;
    }
    if (failure == null && ctx.isDone()) {
      return giveUp(report.stopped("the caller has ended"), result, null);
    }
    Duration told = told(result, failure);
    Duration delay = told != null ? told : attempts.delay(ctx.timeSource().random());
    CallReport noTimeLeft = noTimeLeft(delay);
    if (noTimeLeft != null) {
      return giveUp(noTimeLeft, result, failure);
    }
    if (told != null) {
      delay = spreadOut(told);
    }
    if (!isInBudget(failure)) {
      return giveUp(report.stopped("the retry budget is used up"), result, failure);
    }
    report.delay(delay);
    attempts.scheduled(result, failure, delay);
    retry
        .listener()
        .on(new PolicyEvent.RetryScheduled(retry.name(), report.attempts(), failure, delay));
    return delay;
  }

  private @Nullable Duration giveUp(
      CallReport told, @Nullable Object result, @Nullable Throwable failure) {
    attempts.gaveUp(result, failure);
    stop(told, failure);
    return null;
  }

  /** The end of the report, if another attempt would not begin, or would hardly end, in time. */
  private @Nullable CallReport noTimeLeft(Duration delay) {
    Deadline deadline = ctx.deadline().orElse(null);
    if (deadline == null) {
      return null;
    }
    Duration left = deadline.timeLeft();
    if (delay.compareTo(left) >= 0) {
      return report.noTimeLeft(delay, left);
    }
    return fits(delay, left) ? null : report.noTimeLeft(delay, usual(), left);
  }

  private boolean fits(Duration delay, Duration left) {
    return usual().compareTo(left.minus(delay)) < 0;
  }

  /** How long an attempt usually takes; zero where that is not known. */
  private Duration usual() {
    return Duration.ofNanos(retry.times().median());
  }

  /** Who was told the same time is not to come back at the same moment; nor before. */
  private Duration spreadOut(Duration told) {
    long tenth = Deadline.saturatedNanos(told) / 10;
    if (tenth == 0 || !retry.attempts().spreadsOut()) {
      return told;
    }
    Duration later = told.plusNanos(ctx.timeSource().random().nextLong(tenth + 1));
    boolean inTime = ctx.deadline().map(end -> fits(later, end.timeLeft())).orElse(true);
    return inTime ? later : told;
  }

  private boolean isInBudget(@Nullable Throwable failure) {
    try {
      holdsToken = budget().tryAcquire(ctx);
      return holdsToken;
    } catch (IllegalArgumentException otherTime) {
      if (failure != null) {
        Failures.suppress(otherTime, failure);
      }
      throw otherTime;
    }
  }

  private void giveTokenBack() {
    if (holdsToken) {
      holdsToken = false;
      budget().giveBack();
    }
  }

  /** An attempt is over: what is learned from it for others. */
  private void ended(Verdict verdict) {
    switch (verdict) {
      // The dependency was not called.
      case REJECTED, NO_TIME_LEFT, DEADLINE_EXCEEDED_BEFORE_DISPATCH -> giveTokenBack();
      default -> holdsToken = false;
    }
    if (verdict == Verdict.CALLER_CANCELLED) {
      return;
    }
    if (report.attempts() == 0) {
      budget().recordCall();
    }
    AttemptDurations times = retry.times();
    times.failed();
    if (start == AttemptDurations.UNWATCHED) {
      return;
    }
    switch (verdict.sample()) {
      case EXACT -> times.took(ctx.timeSource().nanoTime() - start);
      case AT_LEAST -> times.tookAtLeast(ctx.timeSource().nanoTime() - start);
      case NONE -> {}
    }
  }

  private RetryBudget budget() {
    return retry.budget();
  }

  private void tellSuccess() {
    CallReport told = report.stopped("an attempt succeeded");
    retry.listener().on(new PolicyEvent.RetrySucceeded(retry.name(), told));
  }

  private Verdict judge(Throwable failure) {
    try {
      return retry.classifier().judge(ctx, failure);
    } catch (RuntimeException brokenRule) {
      Failures.suppress(brokenRule, failure);
      throw brokenRule;
    }
  }

  private void stop(CallReport told, @Nullable Throwable failure) {
    if (failure != null) {
      told.attachTo(failure);
    }
    retry.listener().on(new PolicyEvent.RetriesStopped(retry.name(), told));
  }

  private @Nullable Duration told(@Nullable Object result, @Nullable Throwable failure) {
    Object outcome = failure != null ? failure : result;
    if (outcome == null) {
      return null;
    }
    try {
      return retry.told().after(outcome).orElse(null);
    } catch (RuntimeException brokenRule) {
      if (failure != null) {
        Failures.suppress(brokenRule, failure);
      }
      throw brokenRule;
    }
  }

  private String reason(Verdict verdict) {
    return switch (verdict) {
      case CALLER_CANCELLED -> "the caller cancelled";
      case DEADLINE_EXCEEDED_BEFORE_DISPATCH, DEADLINE_EXCEEDED, DEADLINE_EXCEEDED_EARLY ->
          "the caller's deadline has passed";
      case NO_TIME_LEFT -> "no time left for the work";
      case INTERRUPTED -> "interrupted from outside";
      case FATAL -> "an Error is never retried";
      case PERMANENT_FAILURE -> "a permanent failure";
      case IGNORED -> "nothing to try again";
      case SUCCESS, TIMED_OUT, REJECTED, FAILURE ->
          report.attempts() == 1
              ? "the only attempt is used"
              : "all " + report.attempts() + " attempts are used";
    };
  }
}
