package dev.resilience.jdbc;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a database can do beyond JDBC. One for each data source, found at its first connection. */
class DatabaseProduct {

  private DatabaseProduct() {}

  /** Finds out; local for the usual drivers. */
  static DatabaseProduct of(Connection connection) throws SQLException {
    return "PostgreSQL".equals(connection.getMetaData().getDatabaseProductName())
        ? PostgreSql.of(connection)
        : new DatabaseProduct();
  }

  /** Cancels a running statement, from another thread. Returns when that is done. */
  void cancel(Connection connection, Statement running) throws SQLException {
    running.cancel();
  }

  /**
   * Whether a cancel has been dealt with when {@link #cancel} returns, and does nothing if its
   * statement is over by then.
   */
  boolean dropsLateCancels() {
    return false;
  }

  /** Whether the server can be told how long a statement may take. */
  boolean hasServerTimeout() {
    return false;
  }

  /**
   * Tells the server how long a statement may take, unless it has been told less before.
   *
   * @param millis positive
   * @param local for the present transaction alone
   * @return what it was before, to be given to {@link #resetTimeout}
   */
  String setTimeout(Connection connection, long millis, boolean local) throws SQLException {
    throw new UnsupportedOperationException();
  }

  /** Undoes {@link #setTimeout} for a session. */
  void resetTimeout(Connection connection, String before) throws SQLException {
    throw new UnsupportedOperationException();
  }

  private static final class PostgreSql extends DatabaseProduct {

    private static final String SET =
        "select was, set_config('statement_timeout',"
            + " case when ms between 1 and ? then was else cast(? as text) end, ?)"
            + " from (select was, extract(epoch from cast(was as interval)) * 1000 as ms"
            + " from (select current_setting('statement_timeout') as was offset 0) as a) as b";

    private static final String RESET = "select set_config('statement_timeout', ?, false)";

    /** The driver's interface, and its method; null: another driver. */
    private final @Nullable Class<?> type;

    private final @Nullable MethodHandle cancelQuery;

    private PostgreSql(@Nullable Class<?> type, @Nullable MethodHandle cancelQuery) {
      this.type = type;
      this.cancelQuery = cancelQuery;
    }

    /**
     * The driver is no dependency of this module, and may be loaded by another class loader: its
     * public interface is found by name.
     */
    static PostgreSql of(Connection connection) throws SQLException {
      ClassLoader loader = connection.unwrap(Connection.class).getClass().getClassLoader();
      try {
        Class<?> type = Class.forName("org.postgresql.PGConnection", false, loader);
        return new PostgreSql(
            type,
            MethodHandles.publicLookup()
                .findVirtual(type, "cancelQuery", MethodType.methodType(void.class))
                .asType(MethodType.methodType(void.class, Object.class)));
      } catch (ReflectiveOperationException otherDriver) {
        return new PostgreSql(null, null);
      }
    }

    /**
     * The driver's {@link Statement#cancel} does nothing while rows are fetched for a cursor; this
     * one is for whatever the connection does.
     */
    @Override
    void cancel(Connection connection, Statement running) throws SQLException {
      if (type == null || cancelQuery == null || !connection.isWrapperFor(type)) {
        super.cancel(connection, running);
        return;
      }
      Object driver = connection.unwrap(type);
      try {
        cancelQuery.invokeExact(driver);
      } catch (Throwable failure) {
        throw Rethrow.<SQLException>asIs(failure);
      }
    }

    /**
     * The server closes the connection of the request when it has signalled the session, for which
     * the driver waits; a session that is idle drops the signal.
     */
    @Override
    boolean dropsLateCancels() {
      return cancelQuery != null;
    }

    @Override
    boolean hasServerTimeout() {
      return true;
    }

    @Override
    String setTimeout(Connection connection, long millis, boolean local) throws SQLException {
      try (PreparedStatement set = connection.prepareStatement(SET)) {
        set.setLong(1, millis);
        set.setLong(2, millis);
        set.setBoolean(3, local);
        try (ResultSet answer = set.executeQuery()) {
          answer.next();
          return Objects.requireNonNull(answer.getString(1));
        }
      }
    }

    @Override
    void resetTimeout(Connection connection, String before) throws SQLException {
      try (PreparedStatement set = connection.prepareStatement(RESET)) {
        set.setString(1, before);
        set.executeQuery().close();
      }
    }
  }
}
