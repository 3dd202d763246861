package dev.resilience.jdbc;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.ConcurrencyLimitSnapshot;
import dev.resilience.limit.Permit;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Borrows connections. Who borrows waits in a line of ours, which knows the time that everybody has
 * left, and not in the pool's.
 */
final class ConnectionSource {

  private final DataSource dataSource;
  private final DatabaseConfig config;
  private final ConcurrencyLimit line;
  private final Evictor evictor;

  /** HikariCP's wait heeds an interrupt, and opens connections on threads of its own. */
  private final boolean waitsInterruptibly;

  private volatile @Nullable DatabaseProduct product;

  ConnectionSource(
      DataSource dataSource,
      DatabaseConfig config,
      ConcurrencyLimit line,
      Evictor evictor,
      boolean waitsInterruptibly) {
    this.dataSource = dataSource;
    this.config = config;
    this.line = line;
    this.evictor = evictor;
    this.waitsInterruptibly = waitsInterruptibly;
  }

  ConcurrencyLimitSnapshot line() {
    return line.snapshot();
  }

  /**
   * Borrows a connection; to be given back.
   *
   * @throws dev.resilience.error.ConcurrencyLimitExceededException if none would come free in time
   * @throws ContextException if the context has ended, or ends first
   * @throws InterruptedException if the thread is interrupted from outside
   */
  Loan borrow(Context ctx) throws SQLException, InterruptedException {
    @SuppressWarnings("MustBeClosed") // closed with the loan
    Permit permit = line.acquire(ctx);
    Connection connection = connect(ctx, permit);
    try {
      DatabaseProduct known = product;
      if (known == null) {
        product = known = DatabaseProduct.of(connection);
      }
      ConnectionWatch watch = new ConnectionWatch(ctx, connection, config, known);
      Loan loan = new Loan(this, permit, connection, config, watch, known);
      // Nobody can use it any more: its place is free, also where its user never gives it back.
      watch.onAborted(loan::close);
      return loan;
    } catch (Throwable failure) {
      evict(connection, permit);
      throw failure;
    }
  }

  /** A connection of the data source; where there is none, the permit is given back. */
  private Connection connect(Context ctx, Permit permit) throws SQLException, InterruptedException {
    if (ctx.canEnd() && !waitsInterruptibly) {
      return connectElsewhere(ctx, permit);
    }
    Connection connection = null;
    try {
      connection =
          ctx.canEnd() ? ctx.<Connection, SQLException>interruptibly(this::fromPool) : fromPool();
      return connection;
    } finally {
      if (connection == null) {
        permit.ignore();
      }
    }
  }

  /**
   * Some pools find only when they lend it that a connection was closed, throw it away and fail:
   * the next one may be good.
   */
  private Connection fromPool() throws SQLException {
    for (int dead = 0; ; dead++) {
      try {
        return requireNonNull(dataSource.getConnection(), "the data source returned null");
      } catch (SQLException failure) {
        if (!"08003".equals(failure.getSQLState()) || dead > line.limit()) {
          throw failure;
        }
      }
    }
  }

  /**
   * On another thread, because the driver may open a socket to a server that does not answer, and
   * heed nothing. A connection that comes too late is given back, and only then the permit: so
   * there are never more threads than connections.
   */
  private Connection connectElsewhere(Context ctx, Permit permit)
      throws SQLException, InterruptedException {
    CompletableFuture<Connection> arrival = new CompletableFuture<>();
    try {
      config.threads().execute(() -> arrive(arrival, permit));
    } catch (Throwable noThread) {
      permit.ignore();
      throw noThread;
    }
    try {
      return ctx.await(arrival);
    } catch (ExecutionException failed) {
      permit.ignore();
      throw Rethrow.<SQLException>asIs(Failures.unwrap(requireNonNull(failed.getCause())));
    } catch (ContextException | InterruptedException gone) {
      if (!arrival.completeExceptionally(new CancellationException())) {
        giveBackUnused(arrival, permit); // it came at the same moment
      }
      throw gone;
    }
  }

  private void arrive(CompletableFuture<Connection> arrival, Permit permit) {
    Connection connection;
    try {
      connection = fromPool();
    } catch (Throwable failure) {
      if (!arrival.completeExceptionally(failure)) {
        permit.ignore();
      }
      return;
    }
    if (!arrival.complete(connection)) {
      close(connection, permit);
    }
  }

  private void giveBackUnused(CompletableFuture<Connection> arrival, Permit permit) {
    Connection connection = arrival.exceptionally(failure -> null).join();
    if (connection != null) {
      close(connection, permit);
    } else {
      permit.ignore();
    }
  }

  // ---- the way back

  /** Hands a good connection back to its pool. */
  void close(Connection connection, Permit permit) {
    boolean closed = false;
    try {
      connection.close();
      closed = true;
    } catch (Throwable failure) {
      config.counters().failed(failure);
    } finally {
      if (!closed) {
        evict(connection, permit);
      } else {
        permit.close();
      }
    }
  }

  /** Closes a connection for good. */
  void evict(Connection connection, Permit permit) {
    config.counters().evicted();
    try {
      evictor.evict(connection);
    } catch (Throwable failure) {
      config.counters().failed(failure);
    } finally {
      permit.ignore();
    }
  }
}
