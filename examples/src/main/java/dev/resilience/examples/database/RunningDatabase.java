package dev.resilience.examples.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The database of an example: a PostgreSQL of its own, or an H2 in memory. */
public final class RunningDatabase implements AutoCloseable {

  private static final AtomicInteger IN_MEMORY = new AtomicInteger();

  private final @Nullable PostgresProcess postgres;
  private final String url;

  private RunningDatabase(@Nullable PostgresProcess postgres, String url) {
    this.postgres = postgres;
    this.url = url;
  }

  /** A PostgreSQL or, where there is none, an H2. */
  static RunningDatabase start(PrintStream out) throws IOException {
    if (!PostgresProcess.isInstalled()) {
      out.println("No PostgreSQL here (apt-get install postgresql): an H2 in memory instead.");
      return inMemory();
    }
    return postgres();
  }

  /** An H2 that lives until it is closed, whoever connects to it meanwhile. */
  public static RunningDatabase inMemory() {
    String name = "example-" + IN_MEMORY.incrementAndGet();
    return new RunningDatabase(null, "jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
  }

  /**
   * A PostgreSQL.
   *
   * @throws IOException if it is not installed or does not come up
   */
  public static RunningDatabase postgres() throws IOException {
    PostgresProcess started = PostgresProcess.start();
    return new RunningDatabase(started, started.url());
  }

  /** Whether {@link #postgres} can start one here. */
  public static boolean hasPostgres() throws IOException {
    return PostgresProcess.isInstalled();
  }

  /** What it is, for a reader. */
  public String product() {
    return isPostgres() ? "PostgreSQL" : "an H2 in memory";
  }

  boolean isPostgres() {
    return postgres != null;
  }

  /** A pool of so many connections, to be closed. */
  public HikariDataSource pool(int size) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(size);
    return new HikariDataSource(config);
  }

  /** How many statements with this text the server runs, by its own list. */
  RunningStatements runningStatements(String part) throws SQLException {
    return new RunningStatements(DriverManager.getConnection(url), isPostgres(), part);
  }

  @Override
  public void close() {
    if (postgres != null) {
      postgres.close();
      return;
    }
    try (Connection last = DriverManager.getConnection(url);
        Statement end = last.createStatement()) {
      end.execute("shutdown");
    } catch (SQLException failed) {
      throw new IllegalStateException("the database does not shut down", failed);
    }
  }

  /** Asks the server over a connection of its own. */
  static final class RunningStatements implements AutoCloseable {

    private final Connection connection;
    private final PreparedStatement question;

    private RunningStatements(Connection connection, boolean isPostgres, String part)
        throws SQLException {
      this.connection = connection;
      this.question =
          connection.prepareStatement(
              isPostgres
                  ? "select count(*) from pg_stat_activity where state = 'active'"
                      + " and pid <> pg_backend_pid() and query like ?"
                  : "select count(*) from information_schema.sessions"
                      + " where session_id <> session_id() and executing_statement like ?");
      question.setString(1, "%" + part + "%");
    }

    int count() throws SQLException {
      try (ResultSet rows = question.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }
}
