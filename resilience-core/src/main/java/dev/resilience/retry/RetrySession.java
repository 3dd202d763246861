package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.Criticality;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.Failures;
import dev.resilience.error.RejectedException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.text.DurationText;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What one call remembers from its first failure on, and the decisions: the same for a call that
 * blocks and for one that does not. Used by one thread at a time.
 */
final class RetrySession {

  private final RetryConfig config;
  private final Context ctx;
  private final AttemptRules.Count attempts;
  private final CallReport.Recorder report;
  private long start;

  /** Attempts, and rejections, which are none for the report. */
  private int tries;

  /** What was taken from the budget, for the attempt that is waited for or under way. */
  private RetryBudget.@Nullable Reason paidFor;

  /**
   * The first attempt is over.
   *
   * @param start when it began, or {@link AttemptDurations#UNWATCHED}
   */
  RetrySession(RetryConfig config, Context ctx, long start) {
    this.config = config;
    this.ctx = ctx;
    this.start = start;
    this.attempts = config.attempts().start();
    this.report = CallReport.recorder(config.name(), ctx);
  }

  /** A further attempt begins. */
  void begins() {
    config.counters().retries.increment();
    attempts.begins();
    start = config.durations().start(ctx.timeSource());
  }

  /**
   * Decides after an attempt. Whatever a rule, a back-off or the budget throws comes out, the
   * failure of the attempt suppressed in it.
   *
   * @param result what it returned; null where it failed
   * @param failure what it failed with; null where it returned
   * @return the delay before the next attempt; null: there is none, and this outcome is the answer
   */
  @Nullable Duration delayAfter(@Nullable Object result, @Nullable Throwable failure) {
    try {
      Duration delay = decide(result, failure);
      if (delay != null) {
        config.discards().discard(result);
      }
      return delay;
    } catch (Throwable broken) {
      config.discards().discard(result);
      if (failure != null) {
        Failures.suppress(broken, failure);
      }
      returnTokens();
      throw broken;
    }
  }

  /** The caller ended while it waited: what is thrown then carries the report. */
  ContextException endedInBackoff(ContextException end) {
    String who =
        end instanceof ContextCancelledException
            ? "the caller cancelled"
            : "the caller's deadline passed";
    returnTokens();
    stop(report.stopped(who + " during the back-off"), end);
    return end;
  }

  /** The thread was interrupted while it waited. */
  RuntimeException interruptedInBackoff(RuntimeException thrown) {
    returnTokens();
    stop(report.stopped("interrupted from outside during the back-off"), thrown);
    return thrown;
  }

  /** The wait itself failed, for want of a timer or a thread. */
  void backoffFailed(Throwable broken) {
    returnTokens();
    stop(report.stopped("the back-off could not be waited for"), broken);
  }

  private @Nullable Duration decide(@Nullable Object result, @Nullable Throwable failure) {
    Verdict verdict =
        failure != null ? config.classifier().judge(ctx, failure) : config.judgeResult(result);
    learn(verdict, failure);
    boolean isFirst = tries++ == 0;
    if (failure != null && isFirst) {
      // An answer in the shape of an exception, or an Error, needs no report.
      if (verdict == Verdict.SUCCESS) {
        return null;
      }
      if (verdict == Verdict.FATAL) {
        attempts.gaveUp(null, failure);
        return null;
      }
    }
    if (failure != null) {
      report.failed(failure, verdict);
    } else {
      report.returned(result, verdict);
    }
    if (verdict == Verdict.SUCCESS) {
      CallReport told = report.stopped("an attempt succeeded");
      config.counters().recovered.increment();
      config.listener().on(ctx, new PolicyEvent.RetrySucceeded(config.name(), told));
      return null;
    }
    return decide(result, failure, verdict);
  }

  private @Nullable Duration decide(
      @Nullable Object result, @Nullable Throwable failure, Verdict verdict) {
    if (failure instanceof CircuitOpenException
        && verdict == Verdict.REJECTED
        && !config.waitsForOpenCircuit()) {
      return giveUp(report.stopped("the circuit is open"), result, failure);
    }
    if (!attempts.another(result, failure, verdict)) {
      String why = attempts.whyNoOther();
      stop(report.stopped(why != null ? why : reason(verdict)), failure);
      return null;
    }
    if (failure == null && ctx.isDone()) {
      return giveUp(report.stopped("the caller has ended"), result, null);
    }
    Duration told = toldBy(failure != null ? failure : result);
    if (told != null && told.compareTo(config.maxRetryAfter()) > 0) {
      return giveUp(report.stopped(tooLong(told)), result, failure);
    }
    Duration delay = told != null ? told : attempts.delay(ctx.timeSource().random());
    CallReport noTimeLeft = noTimeLeft(delay);
    if (noTimeLeft != null) {
      return giveUp(noTimeLeft, result, failure);
    }
    if (told != null) {
      delay = spreadOut(told);
    }
    String unpaid = pay(verdict, told);
    if (unpaid != null) {
      return giveUp(report.stopped(unpaid), result, failure);
    }
    report.delay(delay);
    attempts.scheduled(result, failure, delay);
    config.listener().on(ctx, new PolicyEvent.RetryScheduled(config.name(), tries, failure, delay));
    return delay;
  }

  private @Nullable Duration giveUp(
      CallReport told, @Nullable Object result, @Nullable Throwable failure) {
    attempts.gaveUp(result, failure);
    stop(told, failure);
    return null;
  }

  private void stop(CallReport told, @Nullable Throwable failure) {
    config.counters().stopped.increment();
    if (failure != null) {
      told.attachTo(failure);
    }
    config.listener().on(ctx, new PolicyEvent.RetriesStopped(config.name(), told));
  }

  // ---- time

  private @Nullable Duration toldBy(@Nullable Object outcome) {
    return outcome == null ? null : config.retryAfter().after(outcome).orElse(null);
  }

  private String tooLong(Duration told) {
    return "told to come back in "
        + DurationText.of(told)
        + ", and waits no longer than "
        + DurationText.of(config.maxRetryAfter());
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
    return usual().compareTo(Durations.minus(left, delay)) < 0;
  }

  /** How long an attempt usually takes; zero where that is not known. */
  private Duration usual() {
    return Duration.ofNanos(config.durations().median());
  }

  /** Those who were told the same time are not to come back at the same moment; nor before. */
  private Duration spreadOut(Duration told) {
    long tenth = Durations.toNanos(told) / 10;
    if (tenth == 0 || !config.attempts().spreadsOut()) {
      return told;
    }
    Duration jitter = Duration.ofNanos(ctx.timeSource().random().nextLong(tenth + 1));
    Duration later = Durations.plus(told, jitter);
    boolean inTime = ctx.deadline().map(end -> fits(later, end.timeLeft())).orElse(true);
    return inTime ? later : told;
  }

  // ---- the budget

  /** Takes the price of another attempt; or says why it is not to be had. */
  private @Nullable String pay(Verdict verdict, @Nullable Duration told) {
    RetryBudget.Reason reason =
        verdict == Verdict.REJECTED || verdict == Verdict.TIMED_OUT || told != null
            ? RetryBudget.Reason.OVERLOAD
            : RetryBudget.Reason.FAILURE;
    RetryBudget budget = config.budget();
    if (budget.tryAcquire(ctx, reason)) {
      paidFor = reason;
      return null;
    }
    config.counters().unpaid.increment();
    if (budget.isUnderPressure(ctx)) {
      return "the concurrency limit shrinks";
    }
    return Criticality.of(ctx).isSheddable()
        ? "what is left of the retry budget is not for what is sheddable"
        : "the retry budget is used up";
  }

  /** The attempt that was paid for will not be made. */
  void returnTokens() {
    RetryBudget.Reason paid = paidFor;
    if (paid != null) {
      paidFor = null;
      config.budget().giveBack(paid);
    }
  }

  // ---- learning

  /** An attempt is over: what is learned from it for others. */
  private void learn(Verdict verdict, @Nullable Throwable failure) {
    if (wasNotMade(verdict, failure)) {
      returnTokens();
    }
    paidFor = null;
    if (verdict == Verdict.CALLER_CANCELLED) {
      return;
    }
    AttemptDurations durations = config.durations();
    if (verdict == Verdict.SUCCESS) {
      config.budget().recordSuccess();
    } else {
      durations.failed();
    }
    if (start == AttemptDurations.UNWATCHED) {
      return;
    }
    switch (verdict.sample()) {
      case EXACT -> durations.took(ctx.timeSource().nanoTime() - start);
      case AT_LEAST -> durations.tookAtLeast(ctx.timeSource().nanoTime() - start);
      case NONE -> {}
    }
  }

  /** The dependency was not called. A server that refuses was, if only to say so. */
  private static boolean wasNotMade(Verdict verdict, @Nullable Throwable failure) {
    return switch (verdict) {
      case REJECTED, DEADLINE_EXCEEDED_BEFORE_DISPATCH ->
          failure instanceof RejectedException || failure instanceof ContextException;
      case NO_TIME_LEFT -> true;
      default -> false;
    };
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
