package dev.resilience.examples.chain;

/** What a request says of its deadline on the way to the next service. */
enum Deadlines {
  /** Nothing, as most HTTP clients do. */
  NOT_SENT,
  /** How much time is left. Two machines agree on how long a second is. */
  TIME_LEFT,
  /**
   * The moment, by the wall clock of the sender. Two machines need not agree on what time it is.
   */
  MOMENT
}
