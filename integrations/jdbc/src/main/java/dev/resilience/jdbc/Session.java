package dev.resilience.jdbc;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * One borrowed connection under one context: what the work of {@link Database#call} and {@link
 * Database#inTransaction} is given.
 *
 * <pre>{@code
 * db.runInTransaction(ctx, s -> {
 *   s.update("insert into users (id, name) values (?, ?)", id, name);
 *   s.update("update accounts set users = users + 1 where id = ?", account);
 *   s.update("insert into audit (what) values (?)", "user " + id);
 * });
 * }</pre>
 *
 * <p>Parameters are set by {@link PreparedStatement#setObject(int, Object)}. Each method throws a
 * {@link dev.resilience.context.ContextException} if the context has ended, or ends meanwhile; the
 * statement is cancelled then, and what the driver threw is suppressed. Good until the work
 * returns. To be used by one thread at a time.
 */
public final class Session {

  private final Loan loan;
  private final DatabaseConfig config;

  Session(Loan loan, DatabaseConfig config) {
    this.loan = loan;
    this.config = config;
  }

  /** The context of this work: pass it on, not the one from outside. */
  public Context context() {
    return loan.context();
  }

  /**
   * The connection, for what is not here. Its statements end with the context. To close it does
   * nothing: it is given back when the work returns.
   */
  public Connection connection() {
    return BoundConnection.of(loan, false);
  }

  /**
   * A data source that has this connection alone, for code that wants one: {@code new
   * JdbcTemplate(session.dataSource())} works within the transaction.
   */
  public DataSource dataSource() {
    return new BoundDataSource(this::connection);
  }

  /**
   * Reads all rows.
   *
   * @param mapper makes an object of each row; the result has them in the order of the rows
   * @throws SQLException as the driver throws it
   */
  public <T> List<T> query(
      String sql, RowMapper<? extends T> mapper, @Nullable Object... parameters)
      throws SQLException {
    requireNonNull(mapper, "mapper");
    List<T> all = new ArrayList<>();
    read(0, sql, row -> all.add(mapper.map(row)), parameters);
    return all;
  }

  /**
   * Reads the only row, if there is one.
   *
   * @param mapper makes an object of the row, not null
   * @throws SQLException as the driver throws it; with SQLSTATE 21000 if there are two rows
   */
  public <T> Optional<T> findOne(
      String sql, RowMapper<? extends T> mapper, @Nullable Object... parameters)
      throws SQLException {
    requireNonNull(mapper, "mapper");
    try (PreparedStatement statement = prepare(sql, parameters);
        ResultSet rows = loan.execute(statement, statement::executeQuery)) {
      if (!loan.next(statement, rows)) {
        return Optional.empty();
      }
      T only = requireNonNull(mapper.map(rows), "the mapper returned null");
      if (loan.next(statement, rows)) {
        throw new SQLDataException("two rows or more (expected: at most one)", "21000");
      }
      return Optional.of(only);
    }
  }

  /**
   * Reads rows one after the other, without keeping them. Within a transaction the driver fetches
   * them in batches; outside of one some drivers, PostgreSQL's for one, read all of them first.
   *
   * @throws SQLException as the driver throws it
   */
  public void forEach(String sql, RowConsumer consumer, @Nullable Object... parameters)
      throws SQLException {
    read(config.fetchSize(), sql, requireNonNull(consumer, "consumer"), parameters);
  }

  private void read(int fetchSize, String sql, RowConsumer consumer, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      if (fetchSize > 0) {
        statement.setFetchSize(fetchSize);
      }
      try (ResultSet rows = loan.execute(statement, statement::executeQuery)) {
        while (loan.next(statement, rows)) {
          consumer.accept(rows);
        }
      }
    }
  }

  /**
   * Inserts, updates or deletes, or changes the schema.
   *
   * @return how many rows were touched
   * @throws SQLException as the driver throws it
   */
  public int update(String sql, @Nullable Object... parameters) throws SQLException {
    try (PreparedStatement statement = prepare(sql, parameters)) {
      return loan.execute(statement, statement::executeUpdate);
    }
  }

  /**
   * Runs a statement once for each set of parameters, in one batch.
   *
   * @return how many rows each touched
   * @throws SQLException as the driver throws it
   */
  public int[] batch(String sql, Iterable<? extends List<? extends @Nullable Object>> parameters)
      throws SQLException {
    requireNonNull(parameters, "parameters");
    try (PreparedStatement statement = prepare(sql)) {
      for (List<? extends @Nullable Object> each : parameters) {
        int i = 1;
        for (Object parameter : each) {
          statement.setObject(i++, parameter);
        }
        statement.addBatch();
      }
      return loan.execute(statement, statement::executeBatch);
    }
  }

  private PreparedStatement prepare(String sql, @Nullable Object... parameters)
      throws SQLException {
    return loan.prepare(requireNonNull(sql, "sql"), requireNonNull(parameters, "parameters"));
  }
}
