package dev.resilience.timeout;

import dev.resilience.text.DurationText;
import java.time.Duration;

/**
 * How well the limit of an operation fits, since the beginning. Calls that their caller cancelled
 * and calls that were rejected are not in here. Immutable.
 */
public final class TimeoutStatistics {

  private final String operation;
  private final Duration limit;
  private final long succeeded;
  private final long fast;
  private final long nearLimit;
  private final long timedOut;
  private final long callerTimedOut;
  private final long failed;
  private final Duration mean;
  private final Duration median;
  private final Duration percentile95;
  private final Duration percentile99;
  private final Duration longest;

  TimeoutStatistics(
      String operation,
      Duration limit,
      long succeeded,
      long fast,
      long nearLimit,
      long timedOut,
      long callerTimedOut,
      long failed,
      Duration mean,
      Duration median,
      Duration percentile95,
      Duration percentile99,
      Duration longest) {
    this.operation = operation;
    this.limit = limit;
    this.succeeded = succeeded;
    this.fast = fast;
    this.nearLimit = nearLimit;
    this.timedOut = timedOut;
    this.callerTimedOut = callerTimedOut;
    this.failed = failed;
    this.mean = mean;
    this.median = median;
    this.percentile95 = percentile95;
    this.percentile99 = percentile99;
    this.longest = longest;
  }

  /** The name of the time-out policy. */
  public String operation() {
    return operation;
  }

  /** That of the last call; zero before the first. */
  public Duration limit() {
    return limit;
  }

  /** Calls that returned a result, the fast and the close ones included. */
  public long succeeded() {
    return succeeded;
  }

  /** Those that took less than half of their limit. */
  public long fast() {
    return fast;
  }

  /** Those that took more than 95 % of their limit. */
  public long nearLimit() {
    return nearLimit;
  }

  /** Calls that their limit ended. */
  public long timedOut() {
    return timedOut;
  }

  /** Calls that their caller's deadline ended before their limit. */
  public long callerTimedOut() {
    return callerTimedOut;
  }

  /** Calls that threw something else. */
  public long failed() {
    return failed;
  }

  /** Of the calls that succeeded, as are the durations that follow; zero without any. */
  public Duration mean() {
    return mean;
  }

  /**
   * Up to 3.2 % too high, as are the other percentiles; below 10 µs reads as that, above 2 min as
   * that.
   */
  public Duration median() {
    return median;
  }

  /** The 95th percentile. */
  public Duration percentile95() {
    return percentile95;
  }

  /** The 99th percentile. */
  public Duration percentile99() {
    return percentile99;
  }

  /** The longest. */
  public Duration longest() {
    return longest;
  }

  /** All numbers in one line. */
  @Override
  public String toString() {
    return "operation "
        + operation
        + ", limit "
        + DurationText.of(limit)
        + ", succeeded "
        + succeeded
        + ", fast "
        + fast
        + ", nearLimit "
        + nearLimit
        + ", timedOut "
        + timedOut
        + ", callerTimedOut "
        + callerTimedOut
        + ", failed "
        + failed
        + ", mean "
        + DurationText.of(mean)
        + ", median "
        + DurationText.of(median)
        + ", percentile95 "
        + DurationText.of(percentile95)
        + ", percentile99 "
        + DurationText.of(percentile99)
        + ", longest "
        + DurationText.of(longest);
  }
}
