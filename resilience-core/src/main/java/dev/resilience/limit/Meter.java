package dev.resilience.limit;

/**
 * How many tokens there are, and when there will be more. Not thread-safe: guarded by the lock of
 * its {@link TokenQueue}.
 */
interface Meter {

  /** Tokens that were taken and may be given back until they are used. */
  interface Hold {}

  /** Brings the meter up to date. All other methods speak of the moment of the last call. */
  void advance(long now);

  /** Whether so many tokens are there. */
  boolean holds(int tokens);

  /** Takes tokens that are used at once. */
  void take(int tokens);

  /** Takes tokens that are used later, or given back. */
  Hold hold(int tokens);

  /** The tokens are used. */
  void use(Hold hold);

  /** Gives tokens back as if they had never been taken, as far as no limit is exceeded by it. */
  void putBack(Hold hold);

  /** Nanoseconds until so many tokens have come, one after the other. */
  long nanosUntil(long tokens);

  /** How many tokens can be taken at once at the most. */
  int burst();

  double tokensPerNano();

  double available();

  /**
   * Changes the rate.
   *
   * @param tokens at least 1
   * @param nanos in which so many come
   */
  void changeRate(int tokens, long nanos);

  /** Changes how many can be taken at once. */
  void changeBurst(int tokens);
}
