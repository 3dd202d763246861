package dev.resilience.jdbc;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.time.VirtualTime;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** Who wins when a statement returns, its context ends and its connection goes back. */
class ConnectionWatchTest {

  private static final SQLException CANCELLED = new SQLException("canceling statement", "57014");

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final CancellableContext ctx = Context.background(time).withCancel();
  private final Later threads = new Later();
  private final Connection connection = mock(Connection.class, RETURNS_DEEP_STUBS);
  private final Statement statement = mock(Statement.class);
  private final Counters counters = new Counters();
  private ConnectionWatch watch;

  @BeforeEach
  void lend() throws SQLException {
    watch = watch(ctx, threads);
  }

  private ConnectionWatch watch(Context bound, Executor executor) throws SQLException {
    return new ConnectionWatch(
        bound,
        connection,
        new DatabaseConfig("db", ofMillis(500), ServerTimeout.NEVER, 1, executor, counters),
        DatabaseProduct.of(connection));
  }

  @Nested
  class A_running_statement {

    @Test
    void is_cancelled_when_its_context_ends() throws SQLException {
      assertThatThrownBy(() -> watch.execute(statement, () -> cancelledBy(CancelReason.USER)))
          .isInstanceOf(ContextCancelledException.class)
          .hasCause(CancelReason.USER)
          .hasSuppressedException(CANCELLED);

      verify(statement).cancel();
      assertThat(watch.finish()).as("may be lent again").isTrue();
      verify(connection, never()).abort(any());
    }

    @Test
    void is_cancelled_at_the_deadline() throws SQLException {
      ConnectionWatch late = watch(ctx.withTimeout(ofMillis(100)), threads);

      assertThatThrownBy(
              () ->
                  late.execute(
                      statement,
                      () -> {
                        time.advance(ofMillis(100));
                        threads.awaitOne();
                        threads.run();
                        throw CANCELLED;
                      }))
          .isInstanceOf(DeadlineExceededException.class);

      verify(statement).cancel();
    }

    @Test
    void is_cancelled_again_until_it_has_returned() throws SQLException {
      assertThatThrownBy(
              () ->
                  watch.execute(
                      statement,
                      () -> {
                        ctx.cancel();
                        threads.run();
                        verify(statement, times(1)).cancel(); // it had not begun at the server
                        time.advance(ofMillis(50));
                        threads.run();
                        verify(statement, times(2)).cancel();
                        time.advance(ofMillis(99));
                        threads.run();
                        verify(statement, times(2)).cancel();
                        time.advance(ofMillis(1));
                        threads.run();
                        verify(statement, times(3)).cancel();
                        throw CANCELLED;
                      }))
          .isInstanceOf(ContextCancelledException.class);

      assertThat(watch.finish()).as("three cancels, and only one is known to be used up").isFalse();
    }

    /** Which drops what comes while a session is idle, and says so when it was sent. */
    @Test
    void that_was_cancelled_twice_at_PostgreSQL_leaves_a_good_connection() throws SQLException {
      Connection postgres =
          mock(
              Connection.class,
              withSettings().extraInterfaces(PGConnection.class).defaultAnswer(RETURNS_DEEP_STUBS));
      PGConnection driver = (PGConnection) postgres;
      when(postgres.getMetaData().getDatabaseProductName()).thenReturn("PostgreSQL");
      when(postgres.unwrap(Connection.class)).thenReturn(postgres);
      when(postgres.isWrapperFor(PGConnection.class)).thenReturn(true);
      when(postgres.unwrap(PGConnection.class)).thenReturn(driver);
      ConnectionWatch there =
          new ConnectionWatch(
              ctx,
              postgres,
              new DatabaseConfig("db", ofMillis(500), ServerTimeout.NEVER, 1, threads, counters),
              DatabaseProduct.of(postgres));

      assertThatThrownBy(
              () ->
                  there.execute(
                      statement,
                      () -> {
                        ctx.cancel();
                        threads.run();
                        time.advance(ofMillis(50));
                        threads.run();
                        verify(driver, times(2)).cancelQuery();
                        throw CANCELLED;
                      }))
          .isInstanceOf(ContextCancelledException.class);

      assertThat(there.finish()).isTrue();
      verify(statement, never()).cancel();
    }

    @Test
    void that_has_its_result_keeps_it() throws SQLException {
      int result =
          watch.execute(
              statement,
              () -> {
                ctx.cancel();
                return 7;
              });

      assertThat(result).isEqualTo(7);
      threads.run();
      verify(statement, never()).cancel();
      assertThat(watch.finish()).isTrue();
    }

    @Test
    void that_fails_under_a_living_context_fails_as_it_does() throws SQLException {
      SQLException duplicate = new SQLException("duplicate key", "23505");

      assertThatThrownBy(() -> watch.execute(statement, () -> fail(duplicate))).isSameAs(duplicate);

      assertThat(watch.finish()).isTrue();
    }

    @Test
    void that_lost_its_connection_is_the_last_one_on_it() throws SQLException {
      SQLException lost = new SQLException("terminating connection", "57P01");

      assertThatThrownBy(() -> watch.execute(statement, () -> fail(lost))).isSameAs(lost);

      assertThat(watch.finish()).isFalse();
    }

    @Test
    void is_the_only_one() {
      assertThatThrownBy(
              () -> watch.execute(statement, () -> watch.execute(statement, () -> "second")))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("two threads");
    }
  }

  @Test
  void nothing_is_begun_after_the_end() {
    ctx.cancel();

    assertThatThrownBy(
            () ->
                watch.execute(
                    statement,
                    () -> {
                      throw new AssertionError("begun");
                    }))
        .isInstanceOf(ContextCancelledException.class);
  }

  @Nested
  class A_late_cancel {

    /** The heart of it: the cancel is on its way, and the statement returns meanwhile. */
    @Test
    void is_waited_for_before_anything_else_happens_on_the_connection() throws Exception {
      CountDownLatch sending = new CountDownLatch(1);
      CountDownLatch arrived = new CountDownLatch(1);
      doAnswer(
              cancel -> {
                sending.countDown();
                arrived.await();
                return null;
              })
          .when(statement)
          .cancel();
      ConnectionWatch raced = watch(ctx, task -> new Thread(task).start());
      AtomicReference<Thread> worker = new AtomicReference<>();

      CompletableFuture<Integer> work =
          CompletableFuture.supplyAsync(
              () -> {
                worker.set(Thread.currentThread());
                try {
                  return raced.execute(
                      statement,
                      () -> {
                        ctx.cancel();
                        awaitLatch(sending);
                        return 7;
                      });
                } catch (SQLException e) {
                  throw new AssertionError(e);
                }
              });
      awaitLatch(sending);
      Awaitility.await()
          .until(() -> worker.get() != null && worker.get().getState() == Thread.State.WAITING);
      assertThat(work).isNotDone();
      arrived.countDown();

      assertThat(work.get()).isEqualTo(7);
      assertThat(raced.finish()).as("nobody knows what the cancel will hit").isFalse();
    }

    @Test
    void finds_nothing_once_the_statement_has_returned() throws SQLException {
      watch.execute(statement, () -> 7);
      ctx.cancel();
      threads.run();

      verify(statement, never()).cancel();
    }

    @Test
    void finds_nothing_once_the_connection_has_gone_back() throws SQLException {
      watch.execute(
          statement,
          () -> {
            ctx.cancel(); // the canceller has been told, and comes too late
            return 7;
          });
      assertThat(watch.finish()).isTrue();

      threads.run();
      time.advance(ofSeconds(10));
      threads.run();

      verify(statement, never()).cancel();
      verify(connection, never()).abort(any());
    }
  }

  @Nested
  class The_connection_is_aborted {

    @Test
    void when_the_cancel_fails() throws SQLException {
      doThrow(new SQLException("no route")).when(statement).cancel();

      assertThatThrownBy(() -> watch.execute(statement, () -> cancelledBy(CancelReason.USER)))
          .isInstanceOf(ContextCancelledException.class);

      verify(connection).abort(any());
      assertThat(watch.finish()).isFalse();
    }

    /** Then nothing else would bound a cancel that hangs. */
    @Test
    void when_there_is_no_timer_to_be_had() throws SQLException {
      ConnectionWatch bare =
          new ConnectionWatch(
              ctx,
              connection,
              new DatabaseConfig("db", null, ServerTimeout.NEVER, 1, threads, counters),
              DatabaseProduct.of(connection));

      assertThatThrownBy(() -> bare.execute(statement, () -> cancelledBy(CancelReason.USER)))
          .isInstanceOf(ContextCancelledException.class);

      verify(connection).abort(any());
      assertThat(bare.finish()).isFalse();
    }

    @Test
    void when_the_cancel_does_not_help_in_time() throws SQLException {
      assertThatThrownBy(
              () ->
                  watch.execute(
                      statement,
                      () -> {
                        ctx.cancel();
                        threads.run();
                        time.advance(ofMillis(499));
                        threads.run();
                        verify(connection, never()).abort(any());
                        time.advance(ofMillis(1));
                        threads.run();
                        verify(connection).abort(any());
                        throw new SQLException("I/O error", "08006");
                      }))
          .isInstanceOf(ContextCancelledException.class);

      assertThat(watch.finish()).isFalse();
      assertThat(counters.snapshot("db", 1, 0, 0).aborted()).isEqualTo(1);
    }

    /** A paused server takes the request for a cancel, and does not answer. */
    @Test
    void when_the_cancel_itself_hangs() throws Exception {
      CountDownLatch sending = new CountDownLatch(1);
      CountDownLatch never = new CountDownLatch(1);
      CountDownLatch aborted = new CountDownLatch(1);
      doAnswer(
              cancel -> {
                sending.countDown();
                never.await();
                return null;
              })
          .when(statement)
          .cancel();
      doAnswer(
              abort -> {
                aborted.countDown();
                return null;
              })
          .when(connection)
          .abort(any());
      ConnectionWatch stuck = watch(ctx, task -> new Thread(task).start());

      assertThatThrownBy(
              () ->
                  stuck.execute(
                      statement,
                      () -> {
                        ctx.cancel();
                        awaitLatch(sending);
                        time.advance(ofMillis(500));
                        awaitLatch(aborted);
                        throw new SQLException("socket closed", "08006");
                      }))
          .isInstanceOf(ContextCancelledException.class);

      assertThat(stuck.finish()).isFalse();
      never.countDown();
    }

    @Test
    void when_a_commit_or_rollback_hangs() {
      assertThatThrownBy(
              () ->
                  watch.uncancelled(
                      () -> {
                        ctx.cancel();
                        threads.run();
                        time.advance(ofMillis(500));
                        threads.run();
                        verify(connection).abort(any());
                        throw new SQLException("socket closed", "08006");
                      }))
          .isInstanceOf(ContextCancelledException.class);
    }

    @Test
    void but_not_by_a_commit_that_comes_to_its_end() throws SQLException {
      assertThat(
              watch.uncancelled(
                  () -> {
                    ctx.cancel();
                    threads.run();
                    return "committed";
                  }))
          .isEqualTo("committed");

      verify(statement, never()).cancel();
      assertThat(watch.finish()).isTrue();
    }
  }

  @Test
  void a_rollback_is_possible_after_the_end() throws SQLException {
    ctx.cancel();
    threads.run();

    assertThat(watch.afterwards(() -> "rolled back")).isEqualTo("rolled back");
    assertThat(watch.finish()).isTrue();
  }

  @Test
  void given_back_under_the_hands_of_another_thread_it_is_not_lent_again() throws SQLException {
    watch.execute(
        statement,
        () -> {
          assertThat(watch.finish()).isFalse();
          return "late";
        });

    assertThatThrownBy(() -> watch.execute(statement, () -> "later"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("given back");
  }

  private String cancelledBy(CancelReason reason) throws SQLException {
    ctx.cancel(reason);
    threads.run();
    throw CANCELLED;
  }

  private static String fail(SQLException failure) throws SQLException {
    throw failure;
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs tasks when it is told to. */
  private static final class Later implements Executor {

    private final Deque<Runnable> tasks = new ArrayDeque<>();

    @Override
    public synchronized void execute(Runnable task) {
      tasks.add(task);
    }

    void run() {
      for (Runnable next = poll(); next != null; next = poll()) {
        next.run();
      }
    }

    /** The callback of a deadline comes on another thread. */
    void awaitOne() {
      Awaitility.await().until(() -> size() > 0);
    }

    private synchronized int size() {
      return tasks.size();
    }

    private synchronized Runnable poll() {
      return tasks.poll();
    }
  }
}
