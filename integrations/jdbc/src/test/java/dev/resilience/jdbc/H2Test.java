package dev.resilience.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** H2, in this JVM. */
class H2Test {

  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final String url =
      "jdbc:h2:mem:test" + DATABASES.incrementAndGet() + ";DB_CLOSE_DELAY=-1";
  private Connection other;

  @BeforeEach
  void connect() throws SQLException {
    other = DriverManager.getConnection(url, "sa", "");
  }

  @AfterEach
  void shutDown() throws SQLException {
    try (Statement end = other.createStatement()) {
      end.execute("shutdown");
    }
  }

  abstract class OnH2 extends DatabaseContract {

    @Override
    String slow() {
      return "select sum(a.x * b.x) from system_range(1, 200000) a, system_range(1, 200000) b";
    }

    @Override
    String brief() {
      return "select sum(x * rand()) from system_range(1, 20000)"; // no result is kept
    }

    @Override
    String slowRows() {
      return "select x from system_range(1, 100000)";
    }

    @Override
    void awaitRunning() throws Exception {
      await()
          .until(
              () -> {
                try (Statement statement = other.createStatement();
                    ResultSet rows =
                        statement.executeQuery(
                            "select count(*) from information_schema.sessions"
                                + " where executing_statement like '%200000%'"
                                + " and session_id <> session_id()")) {
                  return rows.next() && rows.getInt(1) > 0;
                }
              });
    }
  }

  @Nested
  class With_HikariCP extends OnH2 {

    @Override
    DataSource open(int size) {
      HikariConfig config = new HikariConfig();
      config.setJdbcUrl(url);
      config.setUsername("sa");
      config.setPassword("");
      config.setMaximumPoolSize(size);
      return new HikariDataSource(config);
    }
  }

  @Nested
  class With_its_own_pool extends OnH2 {

    @Override
    DataSource open(int size) {
      JdbcConnectionPool pool = JdbcConnectionPool.create(url, "sa", "");
      pool.setMaxConnections(size);
      return pool;
    }
  }
}
