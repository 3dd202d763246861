package dev.resilience.jdbc;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.Key;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who gets a connection, and who is refused. */
class WaitingTest {

  private static final Key<String> SHARD = Key.of("shard", String.class);

  private final DataSource dataSource = mock(DataSource.class);
  private final Context ctx = Context.background();
  private final CountDownLatch open = new CountDownLatch(1);
  private final AtomicInteger atWork = new AtomicInteger();

  @BeforeEach
  void lend() throws SQLException {
    when(dataSource.getConnection()).thenAnswer(call -> mock(Connection.class, RETURNS_DEEP_STUBS));
  }

  private CompletableFuture<String> hold(Database db, Context caller) {
    return DatabaseContract.async(
        () ->
            db.call(
                caller,
                s -> {
                  atWork.incrementAndGet();
                  try {
                    open.await();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  return "done";
                }));
  }

  private static String serve(Database db, Context caller) throws SQLException {
    return db.call(caller, s -> "served");
  }

  private void awaitAtWork(int calls) {
    Awaitility.await().until(() -> atWork.get() == calls);
  }

  @Test
  void no_more_calls_are_at_the_pool_than_it_has_connections() throws Exception {
    Database db = Database.builder("db", dataSource).connections(2).build();
    List<CompletableFuture<String>> calls = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      calls.add(hold(db, ctx));
    }
    Awaitility.await().until(() -> db.snapshot().waiting() == 3);
    verify(dataSource, org.mockito.Mockito.times(2)).getConnection();

    open.countDown();

    for (CompletableFuture<String> call : calls) {
      assertThat(call.get()).isEqualTo("done");
    }
    assertThat(db.snapshot().inUse()).isZero();
  }

  @Test
  void too_many_waiters_are_refused_at_once() throws Exception {
    Database db = Database.builder("db", dataSource).connections(1).maxWaiting(0).build();
    CompletableFuture<String> first = hold(db, ctx);
    awaitAtWork(1);

    assertThatThrownBy(() -> db.call(ctx, s -> "never"))
        .isInstanceOf(ConcurrencyLimitExceededException.class);
    open.countDown();
    first.get();
  }

  @Test
  void a_hot_key_leaves_the_rest_to_the_others() throws Exception {
    Database db = Database.builder("db", dataSource).connections(4).share(SHARD, 2).build();
    List<CompletableFuture<String>> hot = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      hot.add(hold(db, ctx.withValue(SHARD, "hot")));
    }
    awaitAtWork(2);

    for (int i = 0; i < 20; i++) {
      assertThat(serve(db, ctx.withValue(SHARD, "cold " + i))).isEqualTo("served");
    }
    assertThat(serve(db, ctx)).as("without a shard").isEqualTo("served");
    assertThat(db.snapshot().inUse()).isEqualTo(2);

    open.countDown();
    for (CompletableFuture<String> call : hot) {
      assertThat(call.get()).isEqualTo("done");
    }
  }

  @Test
  void nothing_remains_of_keys_that_nobody_uses() throws Exception {
    KeyedLimit shares = new KeyedLimit("db", SHARD, 1);
    Context mine = ctx.withValue(SHARD, "a");
    try (KeyedLimit.Held held = shares.acquire(mine);
        CancellableContext ended = mine.withTimeout(ofMillis(20))) {
      assertThat(shares.size()).isEqualTo(1);
      assertThatThrownBy(() -> shares.acquire(ended)).isInstanceOf(RuntimeException.class);
      shares.acquire(ctx.withValue(SHARD, "b")).close();
      assertThat(shares.size()).isEqualTo(1);
    }
    assertThat(shares.size()).isZero();
  }

  @Test
  void a_data_source_that_heeds_nothing_holds_up_nobody() throws Exception {
    when(dataSource.getConnection())
        .thenAnswer(
            call -> {
              atWork.incrementAndGet();
              open.await();
              return mock(Connection.class, RETURNS_DEEP_STUBS);
            });
    Database db = Database.builder("db", dataSource).connections(2).build();

    for (int i = 1; i <= 2; i++) {
      try (CancellableContext request = ctx.withCancel()) {
        CompletableFuture<String> call = DatabaseContract.async(() -> serve(db, request));
        awaitAtWork(i);
        request.cancel();
        assertThat(DatabaseContract.failureOf(call)).isInstanceOf(ContextCancelledException.class);
      }
    }
    assertThat(db.snapshot().inUse()).as("never more threads than connections").isEqualTo(2);
    try (CancellableContext request = ctx.withCancel()) {
      CompletableFuture<String> third =
          DatabaseContract.async(() -> db.call(request, s -> "never"));
      Awaitility.await().until(() -> db.snapshot().waiting() == 1);
      request.cancel();
      assertThat(DatabaseContract.failureOf(third)).isInstanceOf(ContextCancelledException.class);
    }
    assertThat(atWork).hasValue(2);

    open.countDown();
    Awaitility.await().until(() -> db.snapshot().inUse() == 0);
    try (CancellableContext request = ctx.withTimeout(ofSeconds(20))) {
      assertThat(serve(db, request)).isEqualTo("served");
    }
  }

  @Test
  void a_connection_that_comes_too_late_is_given_back() throws Exception {
    Connection late = mock(Connection.class);
    when(dataSource.getConnection())
        .thenAnswer(
            call -> {
              atWork.incrementAndGet();
              open.await();
              return late;
            });
    Database db = Database.builder("db", dataSource).connections(1).build();
    try (CancellableContext request = ctx.withCancel()) {
      CompletableFuture<String> call = DatabaseContract.async(() -> serve(db, request));
      awaitAtWork(1);
      request.cancel();
      assertThat(DatabaseContract.failureOf(call)).isInstanceOf(ContextCancelledException.class);
    }
    verify(late, never()).close();

    open.countDown();

    verify(late, timeout(10_000)).close();
    Awaitility.await().until(() -> db.snapshot().inUse() == 0);
  }

  @Test
  void a_connection_that_is_never_closed_is_not_lost_to_the_pool() throws Exception {
    Database db =
        Database.builder("db", dataSource).connections(1).cancelTimeout(ofMillis(10)).build();
    Connection forgotten;
    try (CancellableContext request = ctx.withCancel()) {
      forgotten = db.dataSource(request).getConnection();
      assertThat(db.snapshot().inUse()).isEqualTo(1);
    }

    Awaitility.await().until(() -> db.snapshot().inUse() == 0);
    assertThat(forgotten.isClosed()).isTrue();
    assertThatThrownBy(forgotten::createStatement).isInstanceOf(ContextCancelledException.class);
    assertThat(serve(db, ctx)).isEqualTo("served");
  }

  @Test
  void an_interrupt_from_outside_ends_the_wait_and_stays() throws Exception {
    Database db = Database.builder("db", dataSource).connections(1).build();
    CompletableFuture<String> first = hold(db, ctx);
    awaitAtWork(1);

    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> db.call(ctx, s -> "never"))
        .isInstanceOf(CallInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();

    open.countDown();
    first.get();
  }

  @Test
  void what_was_refused_before_work_is_tried_again() throws Exception {
    Connection good = mock(Connection.class, RETURNS_DEEP_STUBS);
    when(dataSource.getConnection())
        .thenThrow(new SQLTransientConnectionException("no connection available"))
        .thenReturn(good);
    Database db = Database.of(dataSource);

    assertThat(serve(db, ctx)).isEqualTo("served");
  }

  @Test
  void a_database_that_is_ill_opens_the_circuit_and_wrong_statements_do_not() {
    Database db = Database.of(dataSource);
    for (int i = 0; i < 40; i++) {
      failing(db, new SQLException("duplicate key", "23505"));
    }

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 60; i++) {
                failing(db, new SQLException("disk full", "53100"));
              }
            })
        .isInstanceOf(CircuitOpenException.class);
  }

  private void failing(Database db, SQLException failure) {
    try {
      db.run(
          ctx,
          s -> {
            throw failure;
          });
    } catch (SQLException thrown) {
      assertThat((Throwable) thrown).isSameAs(failure);
    }
  }

  @Test
  void wrong_settings_are_refused_by_name() {
    assertThatThrownBy(() -> Database.builder(" ", dataSource))
        .hasMessage("name: ' ' (expected: not blank)");
    assertThatThrownBy(() -> Database.builder("db", dataSource).connections(0))
        .hasMessage("connections: 0 (expected: >= 1)");
    assertThatThrownBy(
            () -> Database.builder("db", dataSource).connections(2).share(SHARD, 3).build())
        .hasMessage("share: 3 (expected: <= 2, the connections)");
    assertThatThrownBy(() -> Database.builder("db", dataSource).cancelTimeout(ofMillis(0)))
        .hasMessage("cancelTimeout: 0 s (expected: > 0)");
    assertThatThrownBy(() -> Database.builder("db", dataSource).maxWaiting(-1))
        .hasMessage("maxWaiting: -1 (expected: >= 0)");
  }
}
