package dev.resilience.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Makes an object of a row.
 *
 * @param <T> what a row becomes
 */
@FunctionalInterface
public interface RowMapper<T> {

  /**
   * Reads the columns of the present row; does not move on. Called once for each row, on the thread
   * of the caller.
   *
   * @throws SQLException as the driver throws it
   */
  T map(ResultSet row) throws SQLException;
}
