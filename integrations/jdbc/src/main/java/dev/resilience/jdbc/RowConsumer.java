package dev.resilience.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

/** Takes rows one after the other. */
@FunctionalInterface
public interface RowConsumer {

  /**
   * Reads the columns of the present row; does not move on. Called once for each row, on the thread
   * of the caller.
   *
   * @throws SQLException as the driver throws it
   */
  void accept(ResultSet row) throws SQLException;
}
