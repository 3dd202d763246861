package dev.resilience.limit;

/**
 * The numbers of a {@link ConcurrencyLimit} at a moment.
 *
 * @param name the name of the limit
 * @param underWay permits in use
 * @param waiting how many stand in line
 * @param rejected how often there was no permit, and no place in line or no longer, ever
 */
public record ConcurrencyLimitSnapshot(String name, int underWay, int waiting, long rejected) {}
