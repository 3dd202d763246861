package dev.resilience.timeout;

import java.time.Duration;
import java.util.Optional;

/**
 * The numbers of an {@link AdaptiveTimeout} at one moment.
 *
 * @param policy the name of the policy
 * @param limit how long an attempt may take now
 * @param percentile the percentile as it is estimated, up to 3.2 % too high; what is far below the
 *     floor or beyond the ceiling reads as that. Empty until there are enough samples
 * @param samples how many calls the estimate rests on, without those that were cut off so early
 *     that they tell nearly nothing
 * @param cutOff how many calls in the window were cut off, early or late
 * @param frozen whether a circuit is open, so that nothing is learned
 */
public record AdaptiveTimeoutSnapshot(
    String policy,
    Duration limit,
    Optional<Duration> percentile,
    long samples,
    long cutOff,
    boolean frozen) {}
