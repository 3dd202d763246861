package dev.resilience.jdbc;

import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.time.Durations;
import dev.resilience.time.Timer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Watches a borrowed connection: cancels its statement when the context ends, and aborts the
 * connection where that does not help.
 *
 * <h2>How a late cancel is kept from the next borrower</h2>
 *
 * A cancel is sent over another connection and cannot name the statement that it is meant for: it
 * hits whatever the session runs when it arrives. So {@link #slot} says what this connection is
 * doing, and changes by compare-and-set alone:
 *
 * <pre>
 *   nothing -> statement -> nothing        the thread of the work enters and leaves
 *              statement -> CANCELLING     the canceller claims it, and sends a cancel
 *              statement <- CANCELLING     the driver's cancel has returned
 *   nothing -> FINISHED                    the connection goes back to the pool
 * </pre>
 *
 * The thread of the work leaves a statement only out of the state <em>statement</em>, so never
 * while a cancel is on its way; and who comes later than that finds nothing to cancel. A driver's
 * cancel returns when the database has dealt with it, but not all of them promise that. So a
 * connection is used again only if the cancel is known to have been consumed: one was sent, and the
 * statement failed by it. Where the database drops what comes late ({@link
 * DatabaseProduct#dropsLateCancels}), several may have been sent. In every other case the
 * connection is closed.
 *
 * <p>A cancel that arrives before the statement has begun is lost, at PostgreSQL for one. So it is
 * sent again until the statement has returned. After {@link DatabaseConfig#cancelTimeout} from the
 * end of the context on, whatever the connection does then, it is aborted. The abort is decided
 * under the same lock as the return to the pool: one of the two happens.
 */
final class ConnectionWatch {

  private static final Object CANCELLING = new Object();
  private static final Object FINISHED = new Object();

  /** In the slot: something that cannot be cancelled, a commit for example, only aborted. */
  private static final Object OTHER_WORK = new Object();

  private static final Duration FIRST_REPETITION = Duration.ofMillis(50);
  private static final VarHandle SLOT;

  static {
    try {
      SLOT = MethodHandles.lookup().findVarHandle(ConnectionWatch.class, "slot", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What may fail as SQL does. */
  @FunctionalInterface
  interface Work<T extends @Nullable Object> {
    T run() throws SQLException;
  }

  private final Context ctx;
  private final Connection connection;
  private final DatabaseConfig config;
  private final DatabaseProduct product;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition cancelReturned = lock.newCondition();
  private final Registration registration;

  private volatile @Nullable Object slot;
  private volatile boolean aborted;
  private volatile @Nullable Runnable afterAbort;

  /** Written by cancellers, one after the other; read by the thread of the work behind the slot. */
  private volatile int sent;

  private volatile boolean cancelFailed;

  // Of the thread of the work

  private boolean consumed;
  private boolean lost;

  // Guarded by the lock

  private boolean finished;
  private @Nullable Timer abortion;
  private @Nullable Timer repetition;

  ConnectionWatch(
      Context ctx, Connection connection, DatabaseConfig config, DatabaseProduct product) {
    this.ctx = ctx;
    this.connection = connection;
    this.config = config;
    this.product = product;
    this.registration = ctx.onDone(this::ended);
  }

  Context context() {
    return ctx;
  }

  // ---- the thread of the work

  /**
   * Runs a statement.
   *
   * @throws ContextException if the context has ended; or ends meanwhile and the statement fails,
   *     with what it failed by suppressed in it
   */
  <T extends @Nullable Object> T execute(Statement statement, Work<T> work) throws SQLException {
    return watched(statement, true, work);
  }

  /** Runs what no cancel reaches, a commit for example: it has until the abort. */
  <T extends @Nullable Object> T uncancelled(Work<T> work) throws SQLException {
    return watched(OTHER_WORK, true, work);
  }

  /** Runs what is done after the end, too: a rollback. Failures come out as they are. */
  <T extends @Nullable Object> T afterwards(Work<T> work) throws SQLException {
    return watched(OTHER_WORK, false, work);
  }

  private <T extends @Nullable Object> T watched(Object what, boolean endsWithContext, Work<T> work)
      throws SQLException {
    enter(what);
    T result;
    try {
      if (endsWithContext) {
        // After the slot was filled: who ends the context sees it there, or we see the end here.
        ctx.throwIfDone();
      }
      result = work.run();
    } catch (Throwable failure) {
      leave(what, failure);
      throw Rethrow.<SQLException>asIs(endsWithContext ? seen(failure) : failure);
    }
    leave(what, null);
    return result;
  }

  private void enter(Object what) throws SQLException {
    Object now = SLOT.compareAndExchange(this, null, what);
    if (now == FINISHED) {
      throw Rethrow.<SQLException>asIs(
          seen(
              new SQLNonTransientConnectionException(
                  "the connection was given back to the pool", "08003")));
    }
    if (now != null) {
      throw new SQLException("the connection is used by two threads at once (expected: by one)");
    }
  }

  private void leave(Object what, @Nullable Throwable failure) {
    if (!SLOT.compareAndSet(this, what, null)) {
      awaitCancel(what);
    }
    if (failure != null) {
      consumed |= sent > 0 && SqlFailures.isCancelled(failure);
      lost |= SqlFailures.isConnectionLost(failure);
    }
  }

  /** Until the cancel that is on its way has returned; the abort bounds that. */
  private void awaitCancel(Object what) {
    lock.lock();
    try {
      while (slot == CANCELLING && !aborted) {
        cancelReturned.awaitUninterruptibly();
      }
      // Not where another thread has given the connection back under this one's hands.
      if (!SLOT.compareAndSet(this, what, null)) {
        SLOT.compareAndSet(this, CANCELLING, null);
      }
    } finally {
      lock.unlock();
    }
  }

  /** What a failure is to the caller: the end of the context, where that has ended. */
  Throwable seen(Throwable failure) {
    if (failure instanceof ContextException || failure instanceof Error || !ctx.isDone()) {
      return failure;
    }
    ContextException end = ctx.toException();
    Failures.suppress(end, failure);
    return end;
  }

  // ---- whoever ends the context

  /** Hands over to a thread that may wait: the present one is the canceller's. */
  private void ended() {
    if (slot != FINISHED) {
      start(this::begin);
    }
  }

  /** Where no thread is to be had, on this one: rather late for others than never for this call. */
  private void start(Runnable task) {
    try {
      config.threads().execute(task);
    } catch (Throwable noThread) {
      task.run();
    }
  }

  private void begin() {
    boolean isBounded = false;
    lock.lock();
    try {
      if (finished) {
        return;
      }
      abortion = timer(config.cancelTimeout(), this::abort);
      isBounded = true;
    } catch (Throwable noTimer) {
      config.counters().failed(noTimer);
    } finally {
      lock.unlock();
    }
    if (isBounded) {
      cancel(FIRST_REPETITION);
    } else {
      abort(); // a cancel that hangs would hold the call up for ever
    }
  }

  private Timer timer(Duration delay, Runnable task) {
    return ctx.timeSource()
        .startTimer(ctx.timeSource().nanoTime() + Durations.toNanos(delay), () -> start(task));
  }

  private void cancel(Duration untilNext) {
    if (!(slot instanceof Statement statement)
        || !SLOT.compareAndSet(this, statement, CANCELLING)) {
      return; // nothing will be begun any more
    }
    boolean failed = false;
    int earlier = sent;
    sent = earlier + 1;
    try {
      product.cancel(connection, statement);
    } catch (Throwable failure) {
      failed = true;
      cancelFailed = true;
      config.counters().failed(failure);
    }
    lock.lock();
    try {
      SLOT.compareAndSet(this, CANCELLING, statement);
      cancelReturned.signalAll();
      if (!failed && !finished && !aborted) {
        repetition = timer(untilNext, () -> cancel(untilNext.multipliedBy(2)));
      }
    } finally {
      lock.unlock();
    }
    if (failed) {
      abort();
    }
  }

  private void abort() {
    lock.lock();
    try {
      if (finished || aborted) {
        return;
      }
      aborted = true;
      cancelReturned.signalAll();
    } finally {
      lock.unlock();
    }
    config.counters().aborted();
    try {
      connection.abort(config.threads());
    } catch (Throwable failure) {
      config.counters().failed(failure);
    }
    Runnable told = afterAbort;
    if (told != null) {
      told.run();
    }
  }

  /** What is done once the connection was aborted; on a thread that may wait. */
  void onAborted(Runnable action) {
    afterAbort = action;
  }

  /** On the owner's request: the connection is not to be used again. */
  void abandon() {
    lost = true;
  }

  // ---- the return

  /**
   * Whether a cancel was sent, so that the connection is to be looked at before it is lent again.
   */
  boolean wasCancelled() {
    return sent > 0;
  }

  /** Whether the connection is closed already. */
  boolean isAborted() {
    return aborted;
  }

  /** Whether it is worth tidying up. */
  boolean isUsable() {
    return !aborted && !lost && !cancelFailed && (sent == 0 || (consumed && isUsedUp()));
  }

  /** Whether the one that was consumed was the last one that can hit anything. */
  private boolean isUsedUp() {
    return sent == 1 || product.dropsLateCancels();
  }

  /**
   * From here on nothing is cancelled or aborted.
   *
   * @return whether the connection may be lent again
   */
  boolean finish() {
    registration.withdraw();
    lock.lock();
    try {
      finished = true;
      lost |= SLOT.getAndSet(this, FINISHED) != null; // another thread is still at work on it
      if (abortion != null) {
        abortion.cancel();
      }
      if (repetition != null) {
        repetition.cancel();
      }
    } finally {
      lock.unlock();
    }
    if (sent > 0) {
      config.counters().cancelled();
    }
    return isUsable();
  }
}
