package dev.resilience.jdbc;

/**
 * When the database itself is told how long a statement may take, so that it ends also where this
 * process can no longer cancel it. Known for PostgreSQL ({@code statement_timeout}); other
 * databases have the driver's query time-out alone. A stricter time-out that stands already is left
 * as it is.
 */
public enum ServerTimeout {
  /** Never: no round trip is added. */
  NEVER,
  /** For each transaction of {@link Database#inTransaction}; costs it a round trip. The default. */
  IN_TRANSACTIONS,
  /**
   * Also for each connection that is borrowed for single statements; costs two round trips, one to
   * set and one to reset it.
   */
  ALWAYS
}
