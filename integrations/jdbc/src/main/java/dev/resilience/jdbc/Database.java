package dev.resilience.jdbc;

import static java.util.Objects.requireNonNull;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.context.Key;
import dev.resilience.error.Failures;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.ConcurrencyLimitSnapshot;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A data source whose statements and transactions end with the context of their call.
 *
 * <pre>{@code
 * Database db = Database.of(pool);
 *
 * List<User> all = db.query(ctx, "select id, name from users limit ?", User::of, 100);
 * Optional<User> one = db.findOne(ctx, "select id, name from users where id = ?", User::of, id);
 * db.runInTransaction(ctx, s -> {
 *   s.update("update accounts set amount = amount - ? where id = ?", amount, from);
 *   s.update("update accounts set amount = amount + ? where id = ?", amount, to);
 * });
 * }</pre>
 *
 * <h2>What happens at the end of the context</h2>
 *
 * <ul>
 *   <li>Who waits for a connection waits no longer. Who would wait in vain is refused at once.
 *   <li>The running statement is cancelled in the server, from another thread; also while rows are
 *       read. Where the cancel fails, or does not help within the cancel time-out, the connection
 *       is aborted: that, and not more, is how much later than the end a method may return.
 *   <li>The transaction is rolled back. One whose commit was begun is not cancelled.
 *   <li>The caller gets the end of its context, a {@link dev.resilience.context.ContextException};
 *       what the driver threw is suppressed in it.
 *   <li>The connection goes back to the pool if it is certain that no cancel is still on its way to
 *       it, and is closed otherwise. A late cancel hits no other call.
 *   <li>As a second line the driver is told how long a statement may take, and a PostgreSQL server
 *       how long each statement of a transaction ({@link ServerTimeout}).
 * </ul>
 *
 * <h2>Waiting for a connection</h2>
 *
 * At most as many calls are at the pool at once as it has connections. The others wait in a line
 * that knows the time they have left, and how much they matter. With {@link Builder#share} no value
 * of a key, a shard or a tenant, has more than its share of the connections.
 *
 * <h2>Policies</h2>
 *
 * Calls go through {@link Resilience#forDatabase}'s parts: refusals before work are retried, within
 * a transaction or before the first statement of the work was executed, and a circuit breaker
 * counts what says that the database is ill ({@link SqlFailures}). The line takes the place of the
 * preset's concurrency limit. Threads are not interrupted: an interrupt closes the files of an
 * embedded database and, of a virtual thread, the socket of any.
 *
 * <p>Thread-safe. Costs on top of the driver's work 0.2 µs for each call and 0.7 µs with a
 * deadline, which needs a timer; with transactions on PostgreSQL a round trip. Threads exist only
 * while something is cancelled, or a pool other than HikariCP is waited for.
 */
public final class Database {

  private static final Duration IDLE_THREADS_END = Duration.ofSeconds(5);

  private final DatabaseConfig config;
  private final ConnectionSource source;
  private final @Nullable KeyedLimit shares;
  private final Resilience stack;

  private Database(Builder builder) {
    Executor threads = threads(builder.name);
    this.config =
        new DatabaseConfig(
            builder.name,
            builder.cancelTimeout,
            builder.serverTimeout,
            builder.fetchSize,
            threads,
            new Counters());
    HikariPool hikari = HikariPool.of(builder.dataSource);
    int connections = builder.connectionsOr(hikari == null ? 10 : hikari.size());
    Key<String> key = builder.shareKey;
    if (key != null && builder.share > connections) {
      throw new IllegalArgumentException(
          "share: " + builder.share + " (expected: <= " + connections + ", the connections)");
    }
    this.shares = key == null ? null : new KeyedLimit(builder.name, key, builder.share);
    ConcurrencyLimit.Builder line =
        ConcurrencyLimit.builder(builder.name, connections).maxWaiting(builder.maxWaiting);
    this.source =
        new ConnectionSource(
            builder.dataSource,
            config,
            (key == null ? line : line.fairBetween(key)).build(),
            evictor(builder.evictor, hikari),
            hikari != null);
    this.stack = builder.stack();
  }

  private static Evictor evictor(@Nullable Evictor given, @Nullable HikariPool hikari) {
    if (given != null) {
      return given;
    }
    Evictor ofPool = hikari == null ? null : hikari.evictor();
    return ofPool != null ? ofPool : Database::abortAndClose;
  }

  private static void abortAndClose(Connection connection) throws SQLException {
    try {
      connection.abort(Runnable::run);
    } finally {
      connection.close();
    }
  }

  private static Executor threads(String name) {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_THREADS_END.toSeconds(),
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, name + "-jdbc");
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * A database with all defaults.
   *
   * @param dataSource best a pool; stays the caller's, who closes it
   */
  public static Database of(DataSource dataSource) {
    return builder("database", dataSource).build();
  }

  /**
   * Returns a builder with all defaults set.
   *
   * @param name in messages, events and figures; not blank
   * @param dataSource best a pool; stays the caller's, who closes it
   */
  public static Builder builder(String name, DataSource dataSource) {
    return new Builder(name, dataSource);
  }

  // ---- single statements

  /**
   * Reads all rows.
   *
   * @param ctx ends the statement
   * @param mapper makes an object of each row
   * @param parameters as {@link java.sql.PreparedStatement#setObject(int, Object)} takes them
   * @return in the order of the rows
   * @throws SQLException as the driver throws it
   * @throws dev.resilience.context.ContextException if the context has ended, or ends meanwhile
   * @throws dev.resilience.error.ResilienceException if a policy or the line refused the call
   */
  public <T> List<T> query(
      Context ctx, String sql, RowMapper<? extends T> mapper, @Nullable Object... parameters)
      throws SQLException {
    return call(ctx, session -> session.<T>query(sql, mapper, parameters));
  }

  /**
   * Reads the only row, if there is one. Throws as {@link #query}, and a {@link SQLException} with
   * SQLSTATE 21000 if there are two rows or more.
   *
   * @param ctx ends the statement
   * @param mapper makes an object of the row, not null
   */
  public <T> Optional<T> findOne(
      Context ctx, String sql, RowMapper<? extends T> mapper, @Nullable Object... parameters)
      throws SQLException {
    return call(ctx, session -> session.<T>findOne(sql, mapper, parameters));
  }

  /**
   * Reads rows one after the other, in a transaction of their own, without keeping them. Throws as
   * {@link #query}.
   *
   * @param ctx ends the statement, also while rows are read
   */
  public void forEach(Context ctx, String sql, RowConsumer consumer, @Nullable Object... parameters)
      throws SQLException {
    runInTransaction(ctx, session -> session.forEach(sql, consumer, parameters));
  }

  /**
   * Inserts, updates or deletes, or changes the schema. Throws as {@link #query}.
   *
   * @param ctx ends the statement
   * @return how many rows were touched
   */
  public int update(Context ctx, String sql, @Nullable Object... parameters) throws SQLException {
    return call(ctx, session -> session.update(sql, parameters));
  }

  // ---- work on one connection

  /**
   * Does work on one connection, outside of a transaction: each statement is one of its own.
   *
   * @param ctx ends the statements
   * @return the result of the work
   * @throws X what the work throws
   * @throws SQLException as the driver throws it
   * @throws dev.resilience.context.ContextException if the context has ended, or ends meanwhile
   * @throws dev.resilience.error.ResilienceException if a policy or the line refused the call
   */
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, SessionWork<T, X> work) throws X, SQLException {
    requireNonNull(work, "work");
    return this.<T, X>shared(
        ctx,
        loan -> {
          loan.begin();
          try {
            return work.call(new Session(loan, config));
          } catch (Throwable failure) {
            throw Failures.<X>asThrown(loan.hasExecuted() ? RefusedAfterWork.of(failure) : failure);
          }
        });
  }

  /** As {@link #call}, without a result. */
  public <X extends Throwable> void run(Context ctx, SessionAction<X> work) throws X, SQLException {
    requireNonNull(work, "work");
    this.<Boolean, X>call(
        ctx,
        session -> {
          work.run(session);
          return true;
        });
  }

  /**
   * Does work in one transaction: committed when the work returns, unless the context has ended by
   * then, and rolled back when it throws. A rollback or commit within the work begins another one.
   *
   * @param ctx ends the statements, and with them the transaction
   * @return the result of the work
   * @throws X what the work throws
   * @throws SQLException as the driver throws it
   * @throws dev.resilience.context.ContextException if the context has ended, or ends meanwhile;
   *     where that was during the commit, what became of the transaction is not known
   * @throws dev.resilience.error.ResilienceException if a policy or the line refused the call
   */
  public <T extends @Nullable Object, X extends Throwable> T inTransaction(
      Context ctx, SessionWork<T, X> work) throws X, SQLException {
    requireNonNull(work, "work");
    return this.<T, X>shared(
        ctx,
        loan -> {
          loan.beginTransaction();
          T result;
          try {
            result = work.call(new Session(loan, config));
            loan.commit();
          } catch (Throwable failure) {
            rollback(loan, failure);
            throw Failures.<X>asThrown(failure);
          }
          return result;
        });
  }

  /** As {@link #inTransaction}, without a result. */
  public <X extends Throwable> void runInTransaction(Context ctx, SessionAction<X> work)
      throws X, SQLException {
    requireNonNull(work, "work");
    this.<Boolean, X>inTransaction(
        ctx,
        session -> {
          work.run(session);
          return true;
        });
  }

  private static void rollback(Loan loan, Throwable failure) {
    if (loan.watch().isAborted()) {
      return;
    }
    try {
      loan.rollback();
    } catch (Throwable second) {
      loan.abandon();
      Failures.suppress(failure, second);
    }
  }

  @FunctionalInterface
  private interface LoanWork<T extends @Nullable Object, X extends Throwable> {
    T call(Loan loan) throws X, SQLException;
  }

  /** Within the share of its key, if there is one; outside of all policies, which it would hold. */
  private <T extends @Nullable Object, X extends Throwable> T shared(
      Context ctx, LoanWork<T, X> work) throws X, SQLException {
    if (shares == null) {
      return this.<T, X>stacked(ctx, work);
    }
    try (KeyedLimit.Held held = acquireShare(shares, ctx)) {
      return this.<T, X>stacked(ctx, work);
    }
  }

  private static KeyedLimit.Held acquireShare(KeyedLimit shares, Context ctx) {
    try {
      return shares.acquire(ctx);
    } catch (InterruptedException interrupted) {
      throw Failures.interrupted(ctx, interrupted);
    }
  }

  private <T extends @Nullable Object, X extends Throwable> T stacked(
      Context ctx, LoanWork<T, X> work) throws X, SQLException {
    // The stack carries one checked type; what the work throws comes out as it is.
    try {
      return stack.<T, SQLException>call(
          ctx,
          c -> {
            try (Loan loan = source.borrow(c)) {
              return work.call(loan);
            } catch (Throwable failure) {
              throw Rethrow.<SQLException>asIs(failure);
            }
          });
    } catch (Throwable failure) {
      throw Rethrow.<SQLException>asIs(RefusedAfterWork.unwrap(failure));
    }
  }

  // ---- for code that knows nothing of contexts

  /**
   * A data source for one call: all its connections are bound to this context. Waiting, cancelling
   * and giving back are as above; policies do not apply, since nobody knows where a call begins and
   * ends. What runs at the end of the context fails with a {@link
   * dev.resilience.context.ContextException}, which is unchecked: it passes through a {@code
   * JdbcTemplate} as it is. A transaction that is open when a connection is closed is rolled back;
   * a connection that is never closed is lost with the end of the context, and not to the pool.
   *
   * <pre>{@code
   * List<String> names = new JdbcTemplate(db.dataSource(ctx)).queryForList(sql, String.class);
   * }</pre>
   *
   * @param ctx ends the statements of all connections
   */
  public DataSource dataSource(Context ctx) {
    requireNonNull(ctx, "ctx");
    return new BoundDataSource(() -> connection(ctx));
  }

  /**
   * A data source for all calls, as {@link #dataSource(Context)}: each connection is bound to the
   * context of the moment at which it is borrowed.
   *
   * @param current returns the context of the call that borrows; never null
   */
  public DataSource dataSource(Supplier<? extends Context> current) {
    requireNonNull(current, "current");
    return new BoundDataSource(() -> connection(requireNonNull(current.get(), "current context")));
  }

  private Connection connection(Context ctx) throws SQLException {
    KeyedLimit.Held held = shares == null ? null : acquireShare(shares, ctx);
    Loan loan = null;
    try {
      loan = source.borrow(ctx);
      loan.holds(held);
      loan.begin();
      return BoundConnection.of(loan, true);
    } catch (Throwable failure) {
      if (loan != null) {
        loan.close();
      } else if (held != null) {
        held.close();
      }
      if (failure instanceof InterruptedException interrupted) {
        throw Failures.interrupted(ctx, interrupted);
      }
      throw Rethrow.<SQLException>asIs(failure);
    }
  }

  // ---- looking

  /** The name, in messages, events and figures. */
  public String name() {
    return config.name();
  }

  /** The figures as of now. */
  public DatabaseSnapshot snapshot() {
    ConcurrencyLimitSnapshot line = source.line();
    return config.counters().snapshot(config.name(), line.limit(), line.inUse(), line.waiting());
  }

  @Override
  public String toString() {
    return stack.describe() + " > " + snapshot();
  }

  /** Builds a {@link Database}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private final DataSource dataSource;
    private int connections;
    private int maxWaiting = Integer.MAX_VALUE;
    private @Nullable Key<String> shareKey;
    private int share;
    private Duration cancelTimeout = Duration.ofMillis(500);
    private ServerTimeout serverTimeout = ServerTimeout.IN_TRANSACTIONS;
    private int fetchSize = 256;
    private @Nullable Evictor evictor;
    private UnaryOperator<Preset> preset = UnaryOperator.identity();
    private @Nullable Resilience given;

    private Builder(String name, DataSource dataSource) {
      this.name = SafeText.name(name);
      this.dataSource = requireNonNull(dataSource, "dataSource");
    }

    /**
     * How many connections may be borrowed at once, all others wait in line.
     *
     * @param connections at least 1, at most what the pool has. Default: the maximum pool size of a
     *     HikariCP, else 10
     */
    public Builder connections(int connections) {
      this.connections = Arguments.requireAtLeastOne(connections, "connections");
      return this;
    }

    /**
     * How many calls may wait for a connection. The time is what bounds them in the first place.
     *
     * @param maxWaiting at least 0. Default: any number
     */
    public Builder maxWaiting(int maxWaiting) {
      this.maxWaiting = Arguments.requireNotNegative(maxWaiting, "maxWaiting");
      return this;
    }

    /**
     * How many connections the calls may have that have the same value for a key, so that one hot
     * shard, tenant or user leaves the rest to the others. Those beyond it wait in a line of their
     * own, and in the common line the values take turns.
     *
     * @param key calls without a value are one of their own
     * @param atMost at least 1, at most the connections. Default: no such bound
     */
    public Builder share(Key<String> key, int atMost) {
      this.shareKey = requireNonNull(key, "key");
      this.share = Arguments.requireAtLeastOne(atMost, "share");
      return this;
    }

    /**
     * How long after the end of its context a connection may take to come back, before it is
     * aborted. A cancel takes a few milliseconds where the server is well.
     *
     * @param timeout positive. Default: 500 ms
     */
    public Builder cancelTimeout(Duration timeout) {
      this.cancelTimeout = Durations.requirePositive(timeout, "cancelTimeout");
      return this;
    }

    /** When the server itself is told the time left. Default: in transactions. */
    public Builder serverTimeout(ServerTimeout when) {
      this.serverTimeout = requireNonNull(when, "serverTimeout");
      return this;
    }

    /**
     * How many rows are fetched at once by {@code forEach}.
     *
     * @param rows at least 1. Default: 256
     */
    public Builder fetchSize(int rows) {
      this.fetchSize = Arguments.requireAtLeastOne(rows, "fetchSize");
      return this;
    }

    /**
     * How a connection is closed that must not be lent again. HikariCP is known; for others: {@code
     * evictor(dbcp::invalidateConnection)}.
     *
     * @param evictor default: {@link Connection#abort}, then {@link Connection#close}; a pool that
     *     looks at what it is given back closes it then
     */
    public Builder evictor(Evictor evictor) {
      this.evictor = requireNonNull(evictor, "evictor");
      return this;
    }

    /**
     * Changes the preset.
     *
     * @param changes of {@link Preset#database}, without a limit, with {@link
     *     SqlFailures#classifier}
     */
    public Builder preset(UnaryOperator<Preset> changes) {
      this.preset = requireNonNull(changes, "changes");
      return this;
    }

    /**
     * Takes the place of the preset. What it judges by should know SQL: {@link
     * SqlFailures#classifier}.
     *
     * @param stack {@code Resilience.of()} for no policies
     */
    public Builder stack(Resilience stack) {
      this.given = requireNonNull(stack, "stack");
      return this;
    }

    /** Builds it. Connects to nothing. */
    public Database build() {
      return new Database(this);
    }

    private int connectionsOr(int usual) {
      return connections == 0 ? usual : connections;
    }

    private Resilience stack() {
      Resilience chosen =
          given != null
              ? given
              : preset
                  .apply(Preset.database(name).withoutLimit().classifier(SqlFailures.classifier()))
                  .build();
      return chosen.withoutInterrupts();
    }
  }
}
