package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.error.Failures;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What has to be closed at the end of some work, whatever became of it and of its context.
 *
 * <pre>{@code
 * try (Cleanup cleanup = Cleanup.of(ctx)) {
 *   Database db = cleanup.add("database", Database.open(ctx), (c, d) -> d.close(c));
 *   Session session = cleanup.add("session", db.login(ctx), (c, s) -> s.logout(c));
 *   return session.query(ctx, "…");
 * }                                      // the session first, then the database
 * }</pre>
 *
 * <p>Closers run in reverse order, each on a thread of its own, one after the other, under a
 * context that is not the ended one: it has its values, no cancellation, and one limit for all
 * closers together (5 s). One that throws keeps none of the others from running. One that hangs is
 * interrupted when the limit has passed, and given up a grace later; those after it then have the
 * grace each. What failed is thrown as one {@link CleanupException}, the first failure its cause,
 * the others suppressed.
 *
 * <p>Not thread-safe.
 */
public final class Cleanup implements AutoCloseable {

  /** How long all closers may take together, unless told otherwise. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

  private static final Duration GRACE = Duration.ofMillis(100);

  /**
   * Closes a resource.
   *
   * @param <R> its type
   */
  @FunctionalInterface
  public interface Closer<R> {

    /**
     * Closes it.
     *
     * @param ctx the cleanup's context, not that of the work
     */
    void close(Context ctx, R resource) throws Exception;
  }

  private record Entry<R>(String name, R resource, Closer<? super R> closer)
      implements ContextTask<String> {

    @Override
    public String run(Context ctx) throws Exception {
      closer.close(ctx, resource);
      return name;
    }
  }

  private final Context values;
  private final TimeSource time;
  private final TaskThreads threads;
  private final Duration timeout;
  private final Deque<Entry<?>> entries = new ArrayDeque<>();

  private Cleanup(Context ctx, Duration timeout) {
    this.values = ctx.detached();
    this.time = ctx.timeSource();
    this.threads = new TaskThreads(time, null);
    this.timeout = timeout;
  }

  /** A cleanup with a limit of 5 s. */
  public static Cleanup of(Context ctx) {
    return of(ctx, DEFAULT_TIMEOUT);
  }

  /**
   * A cleanup.
   *
   * @param ctx whose values the closers see; not whose end
   * @param timeout for all closers together, positive
   */
  public static Cleanup of(Context ctx, Duration timeout) {
    return new Cleanup(requireNonNull(ctx, "ctx"), Durations.requirePositive(timeout, "timeout"));
  }

  /**
   * Adds what is closed before everything that was added earlier.
   *
   * @param name for messages
   * @return the resource
   */
  public <R> R add(String name, R resource, Closer<? super R> closer) {
    entries.push(
        new Entry<R>(
            SafeText.of(requireNonNull(name, "name")),
            requireNonNull(resource, "resource"),
            requireNonNull(closer, "closer")));
    return resource;
  }

  /** Adds what closes itself. */
  public <R extends AutoCloseable> R add(String name, R resource) {
    return add(name, resource, (ctx, closeable) -> closeable.close());
  }

  /**
   * Runs the closers. Not interruptible; an interrupt stays pending. A second call finds nothing to
   * close.
   *
   * @throws CleanupException if one of them failed or hangs
   */
  @Override
  public void close() {
    if (entries.isEmpty()) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    CleanupException thrown = null;
    try (CancellableContext shared = values.withTimeout(timeout)) {
      while (!entries.isEmpty()) {
        Entry<?> next = entries.pop();
        Throwable failure = close(next, shared.isDone() ? null : shared);
        if (failure != null) {
          if (thrown == null) {
            thrown = new CleanupException(next.name(), failure);
          } else {
            Failures.suppress(thrown, new CleanupException(next.name(), failure));
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (thrown != null) {
      throw thrown;
    }
  }

  /**
   * Runs one closer.
   *
   * @param shared null: its time is over, the closer has a grace of its own
   * @return why it failed, or null
   */
  @SuppressWarnings("MustBeClosed") // closed when the closer ends
  private @Nullable Throwable close(Entry<?> entry, @Nullable CancellableContext shared) {
    Closing run =
        new Closing(
            entry, shared != null ? shared.withCancel() : values.withTimeout(GRACE), entry.name());
    try {
      threads.start("close " + entry.name(), run::execute);
    } catch (Throwable refused) {
      return refused;
    }
    run.awaitEnd(shared != null ? shared.timeLeft().plus(GRACE) : GRACE.multipliedBy(2));
    AbandonedTask hanging = run.abandon();
    return hanging != null ? hanging.toThrowable() : run.failure();
  }

  /** One closer on its way. */
  private static final class Closing extends TaskRun<String> {

    private final String name;
    private final CompletableFuture<String> ended = new CompletableFuture<>();

    Closing(ContextTask<String> body, CancellableContext scope, String name) {
      super(scope, null, body);
      this.name = name;
    }

    void awaitEnd(Duration limit) {
      try (CancellableContext bounded = Context.background(time).withTimeout(limit)) {
        while (!ended.isDone() && !bounded.isDone()) {
          try {
            bounded.await(ended);
          } catch (InterruptedException again) {
            // The caller has noted an interrupt; another one is lost with it.
          } catch (ContextException | ExecutionException over) {
            // It hangs.
          }
        }
      }
    }

    @Override
    void onEnd() {
      ended.complete(name);
    }

    @Override
    public String name() {
      return name;
    }
  }
}
