package dev.resilience.simulation;

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

  /** How long the caller waited, in nanoseconds. */
  public long took() {
    return ended - arrived;
  }

  boolean isAnswered() {
    return outcome == Outcome.ANSWERED;
  }
}
