package dev.resilience.simulation;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * What became of one caller. Moments are nanoseconds since the start of the run.
 *
 * @param caller who
 * @param arrived when it came
 * @param ended when its call returned
 * @param outcome how
 */
public record CallRecord(Caller caller, long arrived, long ended, Outcome outcome) {

  /** How a call ended. */
  public enum Outcome {
    /** With an answer, in time. */
    ANSWERED,
    /** The client refused to send, or to send again. */
    REFUSED,
    /** With an error. */
    FAILED,
    /** The caller's deadline passed. */
    EXPIRED,
    /** The caller left. */
    LEFT
  }

  /**
   * How a call ended.
   *
   * @param contender who knows its refusals
   * @param ctx of the caller
   * @param reply null: there is none
   * @param failure null: there is none
   */
  public static Outcome outcome(
      Contender contender, Context ctx, @Nullable Reply reply, @Nullable Throwable failure) {
    if (reply != null) {
      return Outcome.ANSWERED;
    }
    if (ctx.isDone()) {
      return ctx.isCancelled() ? Outcome.LEFT : Outcome.EXPIRED;
    }
    return failure != null && contender.isRefusal(failure) ? Outcome.REFUSED : Outcome.FAILED;
  }

  /** How long the caller waited, in nanoseconds. */
  public long took() {
    return ended - arrived;
  }

  boolean isAnswered() {
    return outcome == Outcome.ANSWERED;
  }
}
