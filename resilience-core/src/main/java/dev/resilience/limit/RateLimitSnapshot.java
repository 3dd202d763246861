package dev.resilience.limit;

/**
 * The numbers of a {@link RateLimit} at a moment.
 *
 * @param name the name of the limit
 * @param tokensPerSecond the rate now
 * @param burst how many tokens the bucket holds at most
 * @param available tokens that are there now, fractions included
 * @param waiting how many stand in line, reservations included
 * @param given tokens taken, ever
 * @param returned tokens of those that were given back, ever
 * @param waited how often somebody had to stand in line, ever
 * @param rejected how often there was no token, or none in time, ever
 */
public record RateLimitSnapshot(
    String name,
    double tokensPerSecond,
    int burst,
    double available,
    int waiting,
    long given,
    long returned,
    long waited,
    long rejected) {}
