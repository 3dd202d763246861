package dev.resilience.timeout;

import java.time.Duration;

/**
 * How well the limit of an operation fits, since the beginning. Calls that their caller cancelled
 * and calls that were rejected are not in here.
 *
 * @param operation the name of the time-out policy
 * @param limit that of the last call; zero before the first
 * @param succeeded calls that returned a result, the fast and the close ones included
 * @param fast those that took less than half of their limit
 * @param nearLimit those that took more than 95 % of their limit
 * @param timedOut calls that their limit ended
 * @param callerTimedOut calls that their caller's deadline ended before their limit
 * @param failed calls that threw something else
 * @param mean of the calls that succeeded, as are the durations that follow; zero without any
 * @param median up to 3.2 % too high, as are the other percentiles; below 10 µs reads as that,
 *     above 2 min as that
 * @param percentile95 the 95th percentile
 * @param percentile99 the 99th percentile
 * @param longest the longest
 */
public record TimeoutStatistics(
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
    Duration longest) {}
