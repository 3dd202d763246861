package dev.resilience.jdbc;

import dev.resilience.context.Context;
import dev.resilience.limit.Permit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A borrowed connection under a context, until it is given back: as it was lent, or closed for
 * good.
 */
final class Loan implements AutoCloseable {

  /** The second line comes this much after the first. */
  private static final long SLACK_MILLIS = 250;

  private final ConnectionSource source;
  private final Permit permit;
  private final Connection raw;
  private final DatabaseConfig config;
  private final ConnectionWatch watch;
  private final DatabaseProduct product;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The server's time-out before this loan; null: it was left alone. */
  private @Nullable String serverTimeoutBefore;

  private boolean wasAutoCommit = true;

  /** A statement has returned: the work has begun. Of the thread of the work. */
  private boolean executed;

  /** Its share of the connections, if it has one of its own. */
  private KeyedLimit.@Nullable Held share;

  Loan(
      ConnectionSource source,
      Permit permit,
      Connection raw,
      DatabaseConfig config,
      ConnectionWatch watch,
      DatabaseProduct product) {
    this.source = source;
    this.permit = permit;
    this.raw = raw;
    this.config = config;
    this.watch = watch;
    this.product = product;
  }

  Connection raw() {
    return raw;
  }

  ConnectionWatch watch() {
    return watch;
  }

  Context context() {
    return watch.context();
  }

  boolean isClosed() {
    return closed.get();
  }

  // ---- beginning

  /** The share is given back with the connection. */
  void holds(KeyedLimit.@Nullable Held held) {
    share = held;
  }

  /** For single statements, each of which is a transaction unless the user says otherwise. */
  Loan begin() throws SQLException {
    wasAutoCommit = raw.getAutoCommit();
    if (config.serverTimeout() == ServerTimeout.ALWAYS) {
      serverTimeoutBefore = setServerTimeout(false);
    }
    return this;
  }

  /** For one transaction. */
  Loan beginTransaction() throws SQLException {
    wasAutoCommit = raw.getAutoCommit();
    raw.setAutoCommit(false);
    if (config.serverTimeout() != ServerTimeout.NEVER) {
      setServerTimeout(true);
    }
    return this;
  }

  private @Nullable String setServerTimeout(boolean local) throws SQLException {
    if (!product.hasServerTimeout() || context().deadline().isEmpty()) {
      return null;
    }
    long millis = saturatedMillis(context().timeLeft()) + SLACK_MILLIS;
    return watch.uncancelled(
        () -> product.setTimeout(raw, Math.min(millis, Integer.MAX_VALUE), local));
  }

  // ---- statements

  /** Whether a statement was executed, so that to do the work again would do that twice. */
  boolean hasExecuted() {
    return executed;
  }

  /**
   * Prepares a statement. Most drivers do that without the server, so it is not watched.
   *
   * @throws dev.resilience.context.ContextException if the context has ended
   */
  PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
    context().throwIfDone();
    PreparedStatement statement = raw.prepareStatement(sql);
    try {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      return statement;
    } catch (Throwable failure) {
      closeQuietly(statement);
      throw failure;
    }
  }

  /** Runs a statement under the context, and tells the driver how long it may take. */
  <T extends @Nullable Object> T execute(Statement statement, ConnectionWatch.Work<T> work)
      throws SQLException {
    T result = executeInTime(statement, work);
    executed = true;
    return result;
  }

  private <T extends @Nullable Object> T executeInTime(
      Statement statement, ConnectionWatch.Work<T> work) throws SQLException {
    if (context().deadline().isEmpty()) {
      return watch.execute(statement, work);
    }
    return watch.execute(
        statement,
        () -> {
          int before = statement.getQueryTimeout();
          int now = secondsLeft();
          if (before != 0 && before <= now) {
            return work.run();
          }
          statement.setQueryTimeout(now);
          try {
            return work.run();
          } finally {
            resetTimeout(statement, before);
          }
        });
  }

  /** Some drivers keep it for the whole connection, and so for the next borrower. */
  private void resetTimeout(Statement statement, int before) {
    try {
      statement.setQueryTimeout(before);
    } catch (Throwable failure) {
      config.counters().failed(failure);
      watch.abandon();
    }
  }

  /** The next row, if there is one. */
  boolean next(Statement statement, ResultSet rows) throws SQLException {
    return watch.execute(statement, rows::next);
  }

  /** JDBC counts in seconds; rounded up, and one more for the cancel to come first. */
  private int secondsLeft() {
    return (int) Math.min(saturatedMillis(context().timeLeft()) / 1_000 + 2, Integer.MAX_VALUE);
  }

  private static long saturatedMillis(Duration time) {
    return time.toSeconds() > Integer.MAX_VALUE
        ? Integer.MAX_VALUE * 1_000L
        : Math.max(1, time.toMillis());
  }

  // ---- transactions

  /**
   * Commits, if the context lives. A commit that was begun is not cancelled: nobody could tell what
   * became of it.
   */
  void commit() throws SQLException {
    watch.uncancelled(
        () -> {
          raw.commit();
          return true;
        });
  }

  /** Rolls back, after the end of the context, too. */
  void rollback() throws SQLException {
    watch.afterwards(
        () -> {
          raw.rollback();
          return true;
        });
  }

  // ---- the way back

  /** The connection is closed for good when it is given back. */
  void abandon() {
    watch.abandon();
  }

  /** Gives the connection back. Any number of times. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    if (watch.isUsable()) {
      try {
        tidyUp();
      } catch (Throwable failure) {
        config.counters().failed(failure);
        watch.abandon();
      }
    }
    try {
      if (watch.finish()) {
        source.close(raw, permit);
      } else {
        source.evict(raw, permit);
      }
    } finally {
      if (share != null) {
        share.close();
      }
    }
  }

  private void tidyUp() throws SQLException {
    watch.afterwards(
        () -> {
          if (!raw.getAutoCommit()) {
            raw.rollback();
            raw.setAutoCommit(wasAutoCommit);
          }
          if (serverTimeoutBefore != null) {
            product.resetTimeout(raw, serverTimeoutBefore);
          }
          if (watch.wasCancelled() && !raw.isValid(secondsToLook())) {
            watch.abandon();
          }
          return true;
        });
  }

  private int secondsToLook() {
    return (int) Math.max(1, Math.min(config.cancelTimeout().toSeconds() + 1, 60));
  }

  private static void closeQuietly(Statement statement) {
    try {
      statement.close();
    } catch (Throwable failure) {
      // The first one counts.
    }
  }
}
