package dev.resilience.jdbc;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Work on one connection.
 *
 * @param <T> its result
 * @param <X> the one checked type it throws besides {@link SQLException}
 */
@FunctionalInterface
public interface SessionWork<T extends @Nullable Object, X extends Throwable> {

  /**
   * Does the work, on the thread of the caller. May be called again where the database, or the
   * library, refused it before anything was done.
   *
   * @param session good until this method returns
   */
  T call(Session session) throws X, SQLException;
}
