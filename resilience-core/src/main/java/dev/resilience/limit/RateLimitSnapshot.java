package dev.resilience.limit;

/** The figures of a {@link RateLimit} at one moment. Immutable. */
public final class RateLimitSnapshot {

  private final String name;
  private final double tokensPerSecond;
  private final int burst;
  private final double available;
  private final int waiting;
  private final long given;
  private final long returned;
  private final long waited;
  private final long rejected;

  RateLimitSnapshot(
      String name,
      double tokensPerSecond,
      int burst,
      double available,
      int waiting,
      long given,
      long returned,
      long waited,
      long rejected) {
    this.name = name;
    this.tokensPerSecond = tokensPerSecond;
    this.burst = burst;
    this.available = available;
    this.waiting = waiting;
    this.given = given;
    this.returned = returned;
    this.waited = waited;
    this.rejected = rejected;
  }

  /** The name of the limit. */
  public String name() {
    return name;
  }

  /** The rate. */
  public double tokensPerSecond() {
    return tokensPerSecond;
  }

  /** How many tokens can be taken at once at the most. */
  public int burst() {
    return burst;
  }

  /** Tokens that are there, fractions included. */
  public double available() {
    return available;
  }

  /** How many wait, reservations included. */
  public int waiting() {
    return waiting;
  }

  /** Tokens taken so far. */
  public long given() {
    return given;
  }

  /** Tokens of those that were given back. */
  public long returned() {
    return returned;
  }

  /** How many had to wait so far. */
  public long waited() {
    return waited;
  }

  /** How many found no token, or none in time, so far. */
  public long rejected() {
    return rejected;
  }

  @Override
  public String toString() {
    return name
        + ": "
        + tokensPerSecond
        + " tokens per second, burst "
        + burst
        + ", available "
        + available
        + ", waiting "
        + waiting
        + ", given "
        + given
        + ", returned "
        + returned
        + ", waited "
        + waited
        + ", rejected "
        + rejected;
  }
}
