package dev.resilience.jdbc;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGPoolingDataSource;

/** A real PostgreSQL; its own list of running statements is asked what became of them. */
class PostgresTest {

  private static PostgresServer server;
  private static Connection other;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
    other = server.connect();
  }

  @AfterAll
  static void stop() throws SQLException {
    if (server != null) {
      other.close();
      server.close();
    }
  }

  /** How many others run a statement that contains this. */
  private static int running(String part) throws SQLException {
    try (Statement statement = other.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select count(*) from pg_stat_activity where state = 'active'"
                    + " and pid <> pg_backend_pid() and query like '%"
                    + part
                    + "%'")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  abstract static class OnPostgres extends DatabaseContract {

    @Override
    String slow() {
      return "select 1 from pg_sleep(60)";
    }

    @Override
    String brief() {
      return "select 1 from pg_sleep(0.001)";
    }

    @Override
    String slowRows() {
      return "select g, pg_sleep(0.0001) from generate_series(1, 100000) g";
    }

    @Override
    void awaitRunning() {
      await().until(() -> running("pg_sleep(60)") > 0);
    }

    @Test
    void the_server_runs_it_no_more() throws Exception {
      try (CancellableContext request = ctx.withCancel()) {
        CompletableFuture<?> call = async(() -> db.query(request, slow(), row -> row.getLong(1)));
        awaitRunning();
        request.cancel(CancelReason.USER);

        assertThat(failureOf(call)).isInstanceOf(ContextCancelledException.class);
        assertThat(running("pg_sleep(60)")).isZero();
      }
    }

    /** The driver's own cancel does nothing then. */
    @Test
    void a_fetch_is_cancelled_in_the_middle() throws Exception {
      AtomicInteger rows = new AtomicInteger();
      try (CancellableContext request = ctx.withCancel()) {
        CompletableFuture<?> call =
            async(
                () -> {
                  db.forEach(
                      request,
                      "select case when g > 256 then pg_sleep(60) end from generate_series(1, 1000) g",
                      row -> rows.incrementAndGet());
                  return rows;
                });
        await().until(() -> rows.get() == 256);
        await().until(() -> running("generate_series(1, 1000)") > 0);
        request.cancel(CancelReason.USER);

        assertThat(failureOf(call)).isInstanceOf(ContextCancelledException.class);
        assertThat(running("generate_series(1, 1000)")).isZero();
      }
      assertThat(db.snapshot().aborted()).isZero();
    }

    @Test
    void the_server_knows_how_long_a_statement_of_a_transaction_may_take() throws SQLException {
      try (CancellableContext request = ctx.withTimeout(ofSeconds(20))) {
        String within = db.inTransaction(request, this::serverTimeout);
        String behind = db.call(request, this::serverTimeout);

        assertThat(within).matches("(19|20)\\d\\d\\dms|20s");
        assertThat(behind).isEqualTo("0");
      }
    }

    private String serverTimeout(Session session) throws SQLException {
      return session
          .findOne("select current_setting('statement_timeout')", row -> row.getString(1))
          .orElseThrow();
    }

    @Test
    void a_stricter_time_out_stands_and_that_of_the_session_is_as_it_was_in_the_end()
        throws SQLException {
      try (Connection connection = dataSource.getConnection();
          Statement statement = connection.createStatement()) {
        Database always =
            Database.builder("always", new BoundDataSource(() -> kept(connection)))
                .serverTimeout(ServerTimeout.ALWAYS)
                .build();
        for (String before : new String[] {"0", "7s", "2min"}) {
          statement.execute("set statement_timeout = '" + before + "'");
          String within;
          String inTransaction;
          try (CancellableContext request = ctx.withTimeout(ofSeconds(60))) {
            within = always.call(request, this::serverTimeout);
            inTransaction = always.inTransaction(request, this::serverTimeout);
          }
          try (ResultSet rows = statement.executeQuery("show statement_timeout")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo(before);
          }
          String expected = before.equals("7s") ? "7s" : "(59|60)\\d\\d\\dms|1min";
          assertThat(within).matches(expected);
          assertThat(inTransaction).matches(expected);
        }
        statement.execute("reset statement_timeout");
      }
    }

    /** A connection that outlives its giving back. */
    private static Connection kept(Connection connection) {
      return (Connection)
          java.lang.reflect.Proxy.newProxyInstance(
              PostgresTest.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) ->
                  method.getName().equals("close") ? null : method.invoke(connection, arguments));
    }

    /** Where this process can no longer cancel it, the server ends it. */
    @Test
    void the_second_line_holds_without_the_first() throws SQLException {
      try (Connection connection = dataSource.getConnection();
          CancellableContext request = ctx.withTimeout(ofMillis(50))) {
        connection.setAutoCommit(false);
        String before = DatabaseProduct.of(connection).setTimeout(connection, 50, true);

        assertThat(before).isEqualTo("0");
        assertThatThrownBy(() -> connection.createStatement().executeQuery("select pg_sleep(60)"))
            .hasMessageContaining("statement timeout");
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  @Nested
  class With_HikariCP extends OnPostgres {

    @Override
    DataSource open(int size) {
      HikariConfig config = new HikariConfig();
      config.setDataSource(server.dataSource());
      config.setMaximumPoolSize(size);
      return new HikariDataSource(config);
    }

    /** B.6.4 (1), with its numbers. */
    @Test
    void a_query_in_time_one_that_is_too_slow_and_a_transaction_cancelled_by_hand()
        throws Exception {
      try (CancellableContext request = ctx.withTimeout(ofSeconds(3))) {
        assertThat(
                db.query(
                    request,
                    "select g from generate_series(1, 3) g, pg_sleep(2)",
                    row -> row.getInt(1)))
            .containsExactly(1, 2, 3);
      }

      db.update(ctx, "create table large_table (id int)");
      db.update(ctx, "insert into large_table values (1)");
      CompletableFuture<?> slow =
          async(
              () -> {
                try (CancellableContext request = ctx.withTimeout(ofSeconds(3))) {
                  return db.query(
                      request, "select id, pg_sleep(5) from large_table", row -> row.getInt(1));
                }
              });
      CancellableContext byHand = ctx.withCancel();
      AtomicInteger step = new AtomicInteger();
      CompletableFuture<?> transaction =
          async(
              () ->
                  db.inTransaction(
                      byHand,
                      s -> {
                        for (String sql :
                            new String[] {
                              "insert into users select 1, 'Ada' from pg_sleep(0.5)",
                              "update users set name = 'Eve' from pg_sleep(0.5) where id = 1",
                              "insert into users select 2, 'audit' from pg_sleep(0.5)"
                            }) {
                          step.incrementAndGet();
                          s.update(sql);
                        }
                        return step;
                      }));
      byHand.awaitDone(ofMillis(1_200));
      await().until(() -> step.get() == 3); // on a busy machine a little later
      byHand.cancel();

      assertThat(failureOf(transaction)).isInstanceOf(ContextCancelledException.class);
      assertThat(step).hasValue(3);
      assertThat(db.query(ctx, "select 1 from users", row -> 1)).isEmpty();
      assertThat(failureOf(slow)).isInstanceOf(DeadlineExceededException.class);
      assertThat(running("large_table")).isZero();
      db.update(ctx, "drop table large_table");
    }
  }

  @Nested
  class Without_a_pool extends OnPostgres {

    @Override
    DataSource open(int size) {
      return server.dataSource();
    }
  }

  @Nested
  @SuppressWarnings("deprecation") // what there is
  class With_the_pool_of_the_driver extends OnPostgres {

    @Override
    DataSource open(int size) {
      PGPoolingDataSource pool = new PGPoolingDataSource();
      pool.setUrl(server.url());
      pool.setUser("test");
      pool.setMaxConnections(size);
      return new BoundDataSource(pool::getConnection);
    }
  }
}
