package dev.resilience.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/** Closes a borrowed connection for good, so that its pool lends it to nobody any more. */
@FunctionalInterface
public interface Evictor {

  /**
   * Closes the connection and takes it out of its pool.
   *
   * @param connection as the data source lent it
   * @throws SQLException logged for debugging
   */
  void evict(Connection connection) throws SQLException;
}
