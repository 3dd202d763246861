package dev.resilience.jdbc;

import java.sql.SQLException;

/**
 * Work on one connection, without a result.
 *
 * @param <X> the one checked type it throws besides {@link SQLException}
 */
@FunctionalInterface
public interface SessionAction<X extends Throwable> {

  /**
   * Does the work, as {@link SessionWork#call}.
   *
   * @param session good until this method returns
   */
  void run(Session session) throws X, SQLException;
}
