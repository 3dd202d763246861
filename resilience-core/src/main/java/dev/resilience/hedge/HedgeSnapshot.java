package dev.resilience.hedge;

import java.time.Duration;

/**
 * The numbers of a {@link Hedge} at a moment.
 *
 * @param name the name of the hedge
 * @param delay after which a hedge would start now
 * @param calls calls, ever
 * @param hedges attempts besides the first one, ever
 * @param hedgesWon calls that such an attempt answered, ever
 * @param refused hedges that the budget did not allow, ever
 */
public record HedgeSnapshot(
    String name, Duration delay, long calls, long hedges, long hedgesWon, long refused) {}
