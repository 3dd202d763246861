package dev.resilience.jdbc;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.ResilienceException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Connections are killed, the server is paused and restarted, callers leave: no wrong row, no half
 * transaction, no lost connection, and the pool is full again.
 */
class TroubleTest {

  private static final int SIZE = 4;
  private static final int CALLERS = 6;
  private static final int ACCOUNTS = 8;

  private final Context ctx = Context.background();
  private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger good = new AtomicInteger();
  private final AtomicInteger bad = new AtomicInteger();
  private PostgresServer server;
  private HikariDataSource pool;
  private Database db;
  private CancellableContext callers;
  private List<Thread> threads;

  @BeforeEach
  void start() throws Exception {
    server = PostgresServer.start();
    HikariConfig config = new HikariConfig();
    config.setDataSource(server.dataSource());
    config.setMaximumPoolSize(SIZE);
    config.setConnectionTimeout(2_000);
    pool = new HikariDataSource(config);
    db = Database.builder("bank", pool).cancelTimeout(ofMillis(200)).build();
    db.update(ctx, "create table accounts (id int primary key, amount int not null)");
    db.update(ctx, "insert into accounts select g, 100 from generate_series(1, ?) g", ACCOUNTS);
    callers = ctx.withCancel();
    threads = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Random random = new Random(i);
      Thread thread = new Thread(() -> work(random));
      thread.start();
      threads.add(thread);
    }
  }

  @AfterEach
  void stop() {
    if (pool != null) {
      callers.close();
      pool.close();
    }
    if (server != null) {
      server.close();
    }
  }

  /** Moves money, reads it back, and leaves early now and then. */
  private void work(Random random) {
    while (!callers.isDone()) {
      Duration patience = ofMillis(random.nextInt(4) == 0 ? random.nextInt(1, 5) : 300);
      int from = random.nextInt(ACCOUNTS) + 1;
      int to = from % ACCOUNTS + 1;
      int question = random.nextInt();
      try (CancellableContext call = callers.withTimeout(patience)) {
        db.runInTransaction(
            call,
            s -> {
              s.update("update accounts set amount = amount - 1 where id = ?", Math.min(from, to));
              s.update("update accounts set amount = amount + 1 where id = ?", Math.max(from, to));
            });
        int answer =
            db.findOne(call, "select ?::int", row -> row.getInt(1), question).orElseThrow();
        if (answer != question) {
          wrong.add(new AssertionError("asked " + question + ", got " + answer));
        }
        good.incrementAndGet();
      } catch (SQLException e) {
        // Nobody else's cancel, and no time-out of anybody else.
        if (SqlFailures.isCancelled(e)) {
          wrong.add(e);
        }
        bad.incrementAndGet();
      } catch (ContextException | ResilienceException ended) {
        bad.incrementAndGet();
      } catch (Throwable other) {
        wrong.add(other);
      }
    }
  }

  private void awaitGood(int more) {
    int before = good.get();
    Awaitility.await().atMost(ofSeconds(60)).until(() -> good.get() >= before + more);
  }

  @Test
  void all_is_well_in_the_end() throws Exception {
    awaitGood(50);

    // Killed at random, in the middle of whatever they do.
    Random random = new Random(1);
    try (Connection operator = server.connect();
        Statement statement = operator.createStatement()) {
      for (int i = 0; i < 15; i++) {
        statement.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'test'"
                + " and backend_type = 'client backend' and pid <> pg_backend_pid()"
                + " order by random() limit "
                + (1 + random.nextInt(2)));
        awaitGood(5);
      }
    }

    // Paused for longer than anybody's patience, and than the time that a cancel may take.
    server.pause();
    int badBefore = bad.get();
    Awaitility.await().atMost(ofSeconds(60)).until(() -> bad.get() >= badBefore + 2 * CALLERS);
    server.resume();
    awaitGood(50);

    server.restart();
    awaitGood(50);

    callers.cancel();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(bad).hasPositiveValue();
    // Two a transaction, all or nothing.
    assertThat(db.findOne(ctx, "select sum(amount) from accounts", row -> row.getInt(1)))
        .contains(ACCOUNTS * 100);
    assertThat(db.snapshot().inUse()).isZero();
    the_pool_is_full_again();
  }

  private void the_pool_is_full_again() throws Exception {
    List<Thread> all = new ArrayList<>();
    CountDownLatch together = new CountDownLatch(SIZE);
    for (int i = 0; i < SIZE; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int attempt = 1; attempt <= SIZE + 1; attempt++) {
                  try {
                    db.run(
                        ctx,
                        s -> {
                          s.query("select 1", row -> row.getInt(1));
                          together.countDown();
                          awaitAll(together);
                        });
                    return;
                  } catch (Throwable failure) {
                    // The pool may still have one that the restart has cut off.
                    if (!SqlFailures.isConnectionLost(failure) || attempt > SIZE) {
                      wrong.add(failure);
                    }
                  }
                }
              });
      thread.start();
      all.add(thread);
    }
    for (Thread thread : all) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    try (Connection operator = server.connect();
        Statement statement = operator.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select count(*) from pg_stat_activity where backend_type = 'client backend'"
                    + " and pid <> pg_backend_pid()")) {
      rows.next();
      assertThat(rows.getInt(1)).as("sessions at the server").isEqualTo(SIZE);
    }
  }

  private static void awaitAll(CountDownLatch together) {
    try {
      together.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
