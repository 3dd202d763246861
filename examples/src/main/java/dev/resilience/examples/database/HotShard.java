package dev.resilience.examples.database;

import com.zaxxer.hikari.HikariDataSource;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.examples.program.CtrlC;
import dev.resilience.examples.program.NamedThreads;
import dev.resilience.examples.program.Samples;
import dev.resilience.examples.program.Table;
import dev.resilience.jdbc.Database;
import java.io.IOException;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;

/**
 * One hot shard of a hundred: what it costs the callers of the others. Ten connections, and 40
 * callers of a shard whose statements take half a second, beside 16 callers of the 99 others, whose
 * statements take 2 ms. Everybody has 300 ms.
 *
 * <pre>{@code
 * mvn -q -Pdemo -Dmain=database.HotShard
 * mvn -q -Pdemo -Dmain=database.HotShard -Dargs=10    # so many seconds each
 * }</pre>
 */
public final class HotShard {

  static final Key<String> SHARD = Key.of("shard", String.class);

  private static final int CONNECTIONS = 10;
  private static final int SHARE = 3;
  private static final int HOT_CALLERS = 40;
  private static final int OTHER_CALLERS = 16;
  private static final int SHARDS = 100;
  private static final Duration PATIENCE = Duration.ofMillis(300);
  private static final Duration THINK = Duration.ofMillis(10);
  private static final double HOT_SECONDS = 0.5;
  private static final double OTHER_SECONDS = 0.002;

  /** A statement of a shard that takes so long. */
  private interface Query {
    void run(Context ctx, double seconds) throws Exception;
  }

  private HotShard() {}

  /** Runs the comparison. */
  public static void main(String... args) throws Exception {
    Duration each = Duration.ofSeconds(args.length == 0 ? 4 : Integer.parseInt(args[0]));
    try (CtrlC interrupt = CtrlC.installed(Duration.ofSeconds(2))) {
      run(interrupt.context(), each, System.out);
    }
  }

  static void run(Context root, Duration each, PrintStream out)
      throws IOException, InterruptedException {
    if (!PostgresProcess.isInstalled()) {
      out.println("No PostgreSQL here: apt-get install postgresql");
      return;
    }
    out.printf(
        "Callers of the other 99 shards, in %d s; %d connections, %d ms each%n",
        each.toSeconds(), CONNECTIONS, PATIENCE.toMillis());
    Table table = new Table("", "answers", "too late", "p50 ms", "p99 ms");
    try (RunningDatabase running = RunningDatabase.start(out)) {
      measure(root, each, running, "without a hot shard", false, HotShard::hikari, table);
      measure(root, each, running, "HikariCP alone", true, HotShard::hikari, table);
      measure(root, each, running, "with deadlines", true, pool -> database(pool, false), table);
      measure(root, each, running, "and a share of 3", true, pool -> database(pool, true), table);
    }
    table.print(out);
  }

  private interface Setup {
    Query over(HikariDataSource pool);
  }

  /** The pool's own limit of waiting, the nearest that it has to a deadline. */
  private static Query hikari(HikariDataSource pool) {
    return (ctx, seconds) -> {
      try (Connection connection = pool.getConnection();
          PreparedStatement statement = connection.prepareStatement("select pg_sleep(?)")) {
        statement.setDouble(1, seconds);
        statement.executeQuery().close();
      }
    };
  }

  private static Query database(HikariDataSource pool, boolean shared) {
    Database.Builder builder = Database.builder("shards", pool);
    Database db = (shared ? builder.share(SHARD, SHARE) : builder).build();
    return (ctx, seconds) -> db.run(ctx, s -> s.query("select pg_sleep(?)", row -> 1, seconds));
  }

  private static void measure(
      Context root,
      Duration each,
      RunningDatabase running,
      String name,
      boolean withHotShard,
      Setup setup,
      Table table)
      throws InterruptedException {
    Samples answers = new Samples();
    LongAdder late = new LongAdder();
    ExecutorService threads = NamedThreads.pool("callers", HOT_CALLERS + OTHER_CALLERS);
    try (HikariDataSource pool = running.pool(CONNECTIONS);
        CancellableContext run = root.withTimeout(each)) {
      pool.setConnectionTimeout(PATIENCE.toMillis());
      Query query = setup.over(pool);
      if (withHotShard) {
        for (int i = 0; i < HOT_CALLERS; i++) {
          threads.execute(() -> call(run, query, true, new Samples(), new LongAdder()));
        }
      }
      for (int i = 0; i < OTHER_CALLERS; i++) {
        threads.execute(() -> call(run, query, false, answers, late));
      }
      run.awaitDone();
    } finally {
      NamedThreads.end(threads);
    }
    table.row(
        name,
        String.valueOf(answers.count()),
        String.valueOf(late.sum()),
        millis(answers.percentile(0.5)),
        millis(answers.percentile(0.99)));
  }

  private static void call(Context run, Query query, boolean hot, Samples answers, LongAdder late) {
    RandomGenerator random = run.timeSource().random();
    while (!run.isDone()) {
      String shard = hot ? "0" : String.valueOf(random.nextInt(1, SHARDS));
      long began = System.nanoTime();
      boolean answered = false;
      try (CancellableContext call = run.withValue(SHARD, shard).withTimeout(PATIENCE)) {
        query.run(call, hot ? HOT_SECONDS : OTHER_SECONDS);
        answered = true;
      } catch (Exception failed) {
        // Counted below: nothing but the time goes wrong here.
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      if (answered && took.compareTo(PATIENCE) <= 0) {
        answers.add(took);
      } else if (!run.isDone()) {
        late.increment();
      }
      pause(run);
    }
  }

  private static void pause(Context run) {
    try {
      run.sleep(THINK);
    } catch (Exception over) {
      // The loop's condition tells.
    }
  }

  private static String millis(Duration time) {
    return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
  }
}
