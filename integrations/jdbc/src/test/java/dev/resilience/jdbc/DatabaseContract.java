package dev.resilience.jdbc;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.RateLimitExceededException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds for each database and each pool. */
abstract class DatabaseContract {

  private static final int SIZE = 2;

  final Context ctx = Context.background();
  DataSource dataSource;
  Database db;

  /** A pool of two connections, or none. */
  abstract DataSource open(int size);

  /** A statement that takes far longer than the test, and returns a number. */
  abstract String slow();

  /** A statement of a millisecond or two, which returns a number. */
  abstract String brief();

  /** Numbers from 1 on, which come slowly. */
  abstract String slowRows();

  @BeforeEach
  void openDatabase() throws SQLException {
    dataSource = open(SIZE);
    // Time enough for a server on a busy machine: that it may take too long is another test's.
    Database.Builder patient = Database.builder("test", dataSource).cancelTimeout(ofSeconds(20));
    db = patient.connections(SIZE).build();
    db.update(ctx, "drop table if exists users");
    db.update(ctx, "create table users (id int primary key, name varchar(50))");
  }

  @AfterEach
  void everything_is_given_back() throws Exception {
    await().untilAsserted(() -> assertThat(db.snapshot().inUse()).isZero());
    if (dataSource instanceof AutoCloseable pool) {
      pool.close();
    }
  }

  static org.awaitility.core.ConditionFactory await() {
    return Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(ofMillis(2))
        .atMost(ofSeconds(30));
  }

  private List<String> names() throws SQLException {
    return db.query(ctx, "select name from users order by id", row -> row.getString(1));
  }

  // ---- without any end

  @Test
  void reads_and_writes() throws SQLException {
    int inserted = db.update(ctx, "insert into users values (?, ?), (?, ?)", 1, "Ada", 2, null);

    assertThat(inserted).isEqualTo(2);
    assertThat(names()).containsExactly("Ada", null);
    assertThat(db.findOne(ctx, "select name from users where id = ?", this::name, 1))
        .contains("Ada");
    assertThat(db.findOne(ctx, "select name from users where id = ?", this::name, 9)).isEmpty();
    assertThatThrownBy(() -> db.findOne(ctx, "select coalesce(name, '') from users", this::name))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("two rows or more (expected: at most one)");
  }

  private String name(ResultSet row) throws SQLException {
    return row.getString(1);
  }

  @Test
  void reads_row_by_row() throws SQLException {
    int[] counts =
        db.call(
            ctx,
            s ->
                s.batch(
                    "insert into users values (?, ?)",
                    List.of(List.of(1, "Ada"), List.of(2, "Bob"), List.of(3, "Cy"))));
    List<String> seen = new ArrayList<>();

    db.forEach(ctx, "select name from users where id > ? order by id", r -> seen.add(name(r)), 1);

    assertThat(counts).containsExactly(1, 1, 1);
    assertThat(seen).containsExactly("Bob", "Cy");
  }

  @Test
  void a_transaction_is_committed_as_one() throws SQLException {
    int users =
        db.inTransaction(
            ctx,
            s -> {
              s.update("insert into users values (1, 'Ada')");
              s.update("insert into users values (2, 'Bob')");
              return s.findOne("select count(*) from users", row -> row.getInt(1)).orElseThrow();
            });

    assertThat(users).isEqualTo(2);
    assertThat(names()).containsExactly("Ada", "Bob");
  }

  @Test
  void a_transaction_that_fails_is_rolled_back_and_its_own_failure_comes_out() throws SQLException {
    IOException own = new IOException("no disk");

    assertThatThrownBy(
            () ->
                db.runInTransaction(
                    ctx,
                    s -> {
                      s.update("insert into users values (1, 'Ada')");
                      throw own;
                    }))
        .isSameAs(own);

    assertThat(names()).isEmpty();
  }

  @Test
  void what_the_database_refuses_comes_out_as_it_is() throws SQLException {
    db.update(ctx, "insert into users values (1, 'Ada')");

    assertThatThrownBy(() -> db.update(ctx, "insert into users values (1, 'Bob')"))
        .isInstanceOf(SQLException.class)
        .extracting(e -> ((SQLException) e).getSQLState())
        .isEqualTo("23505");
  }

  // ---- repeating

  @Test
  void work_that_has_executed_a_statement_is_not_repeated_because_another_pool_is_empty()
      throws SQLException {
    assertNotRepeatedBecauseOf(new SQLTransientConnectionException("another pool is empty"));
  }

  @Test
  void nor_because_another_dependency_refuses_its_call() throws SQLException {
    assertNotRepeatedBecauseOf(new RateLimitExceededException("mail", ofMillis(1)));
  }

  private void assertNotRepeatedBecauseOf(Exception elsewhere) throws SQLException {
    AtomicInteger id = new AtomicInteger();

    assertThatThrownBy(
            () ->
                db.run(
                    ctx,
                    s -> {
                      s.update("insert into users values (?, 'Ada')", id.incrementAndGet());
                      throw elsewhere;
                    }))
        .isSameAs(elsewhere);

    assertThat(names()).containsExactly("Ada");
  }

  @Test
  void what_was_refused_before_its_first_statement_is_repeated() throws SQLException {
    AtomicInteger attempts = new AtomicInteger();

    db.run(
        ctx,
        s -> {
          if (attempts.incrementAndGet() == 1) {
            throw new SQLTransientConnectionException("another pool is empty");
          }
          s.update("insert into users values (1, 'Ada')");
        });

    assertThat(names()).containsExactly("Ada");
    assertThat(attempts).hasValue(2);
  }

  @Test
  void so_is_a_transaction_which_was_rolled_back() throws SQLException {
    AtomicInteger attempts = new AtomicInteger();

    db.runInTransaction(
        ctx,
        s -> {
          s.update("insert into users values (?, 'Ada')", attempts.incrementAndGet());
          if (attempts.get() == 1) {
            throw new SQLTransientConnectionException("another pool is empty");
          }
        });

    assertThat(names()).containsExactly("Ada");
    assertThat(attempts).hasValue(2);
  }

  // ---- the end

  @Test
  void nothing_is_begun_under_an_ended_context() {
    try (CancellableContext ended = ctx.withTimeout(Duration.ZERO)) {
      assertThatThrownBy(() -> db.update(ended, "insert into users values (1, 'Ada')"))
          .isInstanceOf(DeadlineExceededException.class);
    }
  }

  @Test
  void a_statement_is_cancelled_by_hand() throws Exception {
    try (CancellableContext request = ctx.withCancel()) {
      CompletableFuture<?> call = async(() -> db.query(request, slow(), row -> row.getLong(1)));
      awaitRunning();
      request.cancel(CancelReason.USER);

      assertThatThrownBy(call::get)
          .hasCauseInstanceOf(ContextCancelledException.class)
          .satisfies(e -> assertThat(e.getCause()).hasCause(CancelReason.USER))
          .satisfies(e -> assertThat(e.getCause()).hasMessageNotContaining("statement"))
          .satisfies(
              e ->
                  assertThat(e.getCause().getSuppressed())
                      .anySatisfy(raw -> assertThat(SqlFailures.isCancelled(raw)).isTrue()));
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void a_statement_is_cancelled_by_the_deadline() throws SQLException {
    try (CancellableContext request = ctx.withTimeout(ofMillis(100))) {
      assertThatThrownBy(() -> db.query(request, slow(), row -> row.getLong(1)))
          .isInstanceOf(DeadlineExceededException.class);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void ends_while_rows_are_read() throws SQLException {
    AtomicInteger rows = new AtomicInteger();
    try (CancellableContext request = ctx.withCancel()) {
      assertThatThrownBy(
              () ->
                  db.forEach(
                      request,
                      slowRows(),
                      row -> {
                        if (rows.incrementAndGet() == 300) {
                          request.cancel(CancelReason.USER);
                        }
                      }))
          .isInstanceOf(ContextCancelledException.class);
    }
    assertThat(rows).hasValue(300);
  }

  /** C13. */
  @Test
  void a_transaction_that_is_cancelled_at_its_third_statement_is_rolled_back() throws Exception {
    try (CancellableContext request = ctx.withCancel()) {
      CompletableFuture<?> call =
          async(
              () ->
                  db.inTransaction(
                      request,
                      s -> {
                        s.update("insert into users values (1, 'Ada')");
                        s.update("insert into users values (2, 'Bob')");
                        return s.query(slow(), row -> row.getLong(1));
                      }));
      awaitRunning();
      request.cancel();

      assertThatThrownBy(call::get).hasCauseInstanceOf(ContextCancelledException.class);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void a_transaction_whose_context_ends_between_two_statements_is_not_committed()
      throws SQLException {
    try (CancellableContext request = ctx.withCancel()) {
      assertThatThrownBy(
              () ->
                  db.runInTransaction(
                      request,
                      s -> {
                        s.update("insert into users values (1, 'Ada')");
                        request.cancel();
                      }))
          .isInstanceOf(ContextCancelledException.class);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void who_waits_for_a_connection_waits_no_longer_than_its_context() throws Exception {
    try (CancellableContext others = ctx.withCancel();
        CancellableContext request = ctx.withCancel()) {
      List<CompletableFuture<?>> hogs = new ArrayList<>();
      for (int i = 0; i < SIZE; i++) {
        hogs.add(async(() -> db.query(others, slow(), row -> row.getLong(1))));
      }
      await().until(() -> db.snapshot().inUse() == SIZE);
      CompletableFuture<?> waiting = async(() -> db.query(request, "select 1", row -> 1));
      await().until(() -> db.snapshot().waiting() == 1);

      request.cancel();

      assertThatThrownBy(waiting::get).hasCauseInstanceOf(ContextCancelledException.class);
      awaitRunning();
      others.cancel();
      for (CompletableFuture<?> hog : hogs) {
        assertThatThrownBy(hog::get).hasCauseInstanceOf(ContextCancelledException.class);
      }
    }
  }

  /**
   * Cancels that race with the return of their statement, on a single connection: none may ever hit
   * the statement after it, which belongs to somebody else.
   */
  @Test
  void a_late_cancel_never_hits_the_next_borrower() throws SQLException {
    Database narrow = Database.builder("narrow", dataSource).connections(1).build();
    Random random = new Random(7);
    int ended = 0;
    for (int i = 0; i < 150; i++) {
      try (CancellableContext request = ctx.withCancel()) {
        long nanos = random.nextLong(2_000_000);
        Thread canceller =
            new Thread(
                () -> {
                  LockSupport.parkNanos(nanos);
                  request.cancel();
                });
        canceller.start();
        try {
          narrow.query(request, brief(), row -> row.getLong(1));
        } catch (ContextException e) {
          ended++;
        }
      }
      assertThat(narrow.query(ctx, brief(), row -> row.getLong(1)))
          .as("after cancel %s", i)
          .hasSize(1);
    }
    assertThat(ended).isPositive();
    assertThat(narrow.snapshot().inUse()).isZero();
  }

  // ---- code that knows nothing of contexts

  @Test
  void existing_code_runs_under_a_context() throws SQLException {
    DataSource bound = db.dataSource(ctx);
    try (Connection connection = bound.getConnection();
        PreparedStatement insert = connection.prepareStatement("insert into users values (?, ?)")) {
      insert.setInt(1, 1);
      insert.setString(2, "Ada");
      assertThat(insert.executeUpdate()).isEqualTo(1);
      assertThat(insert.getConnection()).isSameAs(connection);
      assertThat(connection.isValid(5)).isTrue();
      try (Statement read = connection.createStatement();
          ResultSet rows = read.executeQuery("select name from users")) {
        assertThat(rows.next()).isTrue();
        assertThat(rows.getString(1)).isEqualTo("Ada");
        assertThat(rows.next()).isFalse();
        assertThat(rows.getStatement()).isSameAs(read);
      }
    }
  }

  @Test
  void existing_code_ends_with_the_context() throws Exception {
    try (CancellableContext request = ctx.withCancel()) {
      DataSource bound = db.dataSource(() -> request);
      CompletableFuture<?> call =
          async(
              () -> {
                try (Connection connection = bound.getConnection()) {
                  connection.setAutoCommit(false);
                  try (Statement statement = connection.createStatement()) {
                    statement.execute("insert into users values (1, 'Ada')");
                    return statement.executeQuery(slow());
                  } finally {
                    connection.setAutoCommit(true); // commits, if nobody minds
                  }
                }
              });
      awaitRunning();
      request.cancel(CancelReason.USER);

      assertThatThrownBy(call::get).hasCauseInstanceOf(ContextCancelledException.class);
    }
    assertThat(names()).isEmpty();
  }

  @Test
  void a_connection_that_was_given_back_is_dead_to_its_user() throws SQLException {
    Connection connection = db.dataSource(ctx).getConnection();
    Statement statement = connection.createStatement();
    connection.setAutoCommit(false);
    statement.execute("insert into users values (1, 'Ada')");
    connection.close();
    connection.close();

    assertThat(connection.isClosed()).isTrue();
    assertThat(connection.isValid(1)).isFalse();
    assertThatThrownBy(connection::createStatement).hasMessageContaining("closed");
    assertThatThrownBy(() -> statement.execute("select 1")).isInstanceOf(SQLException.class);
    assertThat(names()).as("what was open was rolled back").isEmpty();
  }

  @Test
  void code_that_wants_a_data_source_takes_part_in_a_transaction() throws SQLException {
    assertThatThrownBy(
            () ->
                db.runInTransaction(
                    ctx,
                    s -> {
                      try (Connection connection = s.dataSource().getConnection();
                          Statement statement = connection.createStatement()) {
                        statement.execute("insert into users values (1, 'Ada')");
                      }
                      s.update("insert into users values (1, 'Ada again')");
                    }))
        .isInstanceOf(SQLException.class);

    assertThat(names()).isEmpty();
  }

  // ----

  /** What may throw what it likes. */
  interface Body<T> {
    T run() throws Exception;
  }

  static <T> CompletableFuture<T> async(Body<T> body) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(body.run());
              } catch (Throwable failure) {
                result.completeExceptionally(failure);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  /** Until the slow statement has begun in the server. */
  abstract void awaitRunning() throws Exception;

  static Throwable failureOf(CompletableFuture<?> call) throws InterruptedException {
    try {
      throw new AssertionError("returned " + call.get());
    } catch (ExecutionException failed) {
      return failed.getCause();
    }
  }
}
