package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.stage.Stages;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Operations under one parent that are known by name: each can be cancelled alone, all together,
 * and listed while they run.
 *
 * <pre>{@code
 * try (Operations page = Operations.open(ctx)) {
 *   Operation<Profile> profile = page.start("profile", ofSeconds(2), c -> profiles.fetch(c, id));
 *   page.start("history", ofSeconds(10), c -> history.fetch(c, id));
 *   ...
 *   page.cancel("history", CancelReason.USER);
 *   return profile.await(ctx);
 * }
 * }</pre>
 *
 * <p>An operation that has ended vanishes by itself, and its name is free again; a name in use is
 * refused. For parts of one answer that end together a {@link TaskGroup} is simpler.
 *
 * <p>Each operation runs on a thread of the time source's executor, or of the one that was given.
 * Thread-safe.
 */
public final class Operations implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Operations.class.getName());

  private final Context owner;
  private final TimeSource time;
  private final Duration grace;
  private final TaskThreads threads;
  private final CancellableContext scope;
  private final ConcurrentMap<String, Run<?>> running = new ConcurrentHashMap<>();
  private volatile boolean closed;

  @SuppressWarnings("MustBeClosed") // closed by close()
  private Operations(Builder builder, Context owner) {
    this.owner = owner;
    this.time = owner.timeSource();
    this.grace = builder.grace;
    this.threads = new TaskThreads(time, builder.executor);
    this.scope = owner.withCancel();
  }

  /** Operations that end with a context, with all defaults. */
  @CheckReturnValue
  public static Operations open(Context owner) {
    return builder().open(owner);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts an operation without a limit of its own. See {@link #start(String, Duration,
   * ContextTask)}.
   */
  public <T extends @Nullable Object> Operation<T> start(
      String name, ContextTask<? extends T> body) {
    return begin(requireNonNull(name, "name"), null, requireNonNull(body, "body"));
  }

  /**
   * Starts an operation.
   *
   * @param name by which it is known while it runs
   * @param timeout how long it may run
   * @throws IllegalStateException if an operation of this name runs, or this is closed
   * @throws ContextException if the owner's context has ended
   */
  public <T extends @Nullable Object> Operation<T> start(
      String name, Duration timeout, ContextTask<? extends T> body) {
    return begin(
        requireNonNull(name, "name"),
        requireNonNull(timeout, "timeout"),
        requireNonNull(body, "body"));
  }

  private <T extends @Nullable Object> Operation<T> begin(
      String name, @Nullable Duration timeout, ContextTask<? extends T> body) {
    if (closed) {
      throw new IllegalStateException(
          "start: " + SafeText.of(name) + " after close (expected: before)");
    }
    owner.throwIfDone();
    Run<T> run = new Run<>(this, name, timeout, body);
    if (running.putIfAbsent(name, run) != null) {
      run.scope.close();
      throw new IllegalStateException(
          "name: " + SafeText.of(name) + " is running (expected: a name not in use)");
    }
    if (closed) { // close may not have seen it
      run.cancel(CancelReason.CLOSED);
    }
    try {
      threads.start(SafeText.of(name), run::execute);
    } catch (Throwable refused) {
      run.dismiss(TaskState.FAILED, refused);
    }
    return run;
  }

  /**
   * Cancels the operation of a name.
   *
   * @param cause what its context shows as the cause
   * @return whether there was one to cancel
   */
  public boolean cancel(String name, Throwable cause) {
    Run<?> run = running.get(requireNonNull(name, "name"));
    return run != null && run.cancel(cause);
  }

  /**
   * Cancels all that run. New ones may be started afterwards.
   *
   * @param cause what their contexts show as the cause
   * @return how many there were to cancel
   */
  public int cancelAll(Throwable cause) {
    int cancelled = 0;
    for (Run<?> run : running.values()) {
      cancelled += run.cancel(cause) ? 1 : 0;
    }
    return cancelled;
  }

  /** The operation of a name, or null if none is running. */
  public @Nullable Operation<?> find(String name) {
    return running.get(requireNonNull(name, "name"));
  }

  /** What runs, the oldest first: each with its age and the time left. */
  public List<Operation<?>> running() {
    List<Run<?>> runs = new ArrayList<>(running.values());
    runs.sort(Comparator.<Run<?>, Duration>comparing(Run::age).reversed());
    return List.copyOf(runs);
  }

  /**
   * Cancels what still runs with {@link CancelReason#CLOSED} and waits for it, at most as long as
   * the grace; what ignores its interrupt is given up and logged with its stack. Not interruptible;
   * an interrupt stays pending.
   */
  @Override
  public void close() {
    closed = true;
    cancelAll(CancelReason.CLOSED);
    awaitAll(running.values());
    for (Run<?> run : running.values()) {
      AbandonedTask place = run.abandon();
      if (place != null) {
        SafeText.log(LOG, Level.WARNING, "gave up an operation", place.toThrowable());
      }
    }
    scope.close();
  }

  private void awaitAll(Collection<Run<?>> runs) {
    boolean interrupted = Thread.interrupted();
    try (CancellableContext bounded = Context.background(time).withTimeout(grace)) {
      for (Run<?> run : runs) {
        while (!run.isEnded() && !bounded.isDone()) {
          try {
            run.await(bounded);
          } catch (InterruptedException e) {
            interrupted = true;
          } catch (ContextException | ExecutionException over) {
            // It has ended, or is given up.
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public String toString() {
    return "operations " + running();
  }

  /** One operation. */
  private static final class Run<T extends @Nullable Object> extends TaskRun<T>
      implements Operation<T> {

    private final Operations registry;
    private final String name;
    private final long startedAt;
    private final CompletableFuture<T> ended = new CompletableFuture<>();

    @SuppressWarnings("MustBeClosed") // closed when the operation ends
    Run(
        Operations registry,
        String name,
        @Nullable Duration timeout,
        ContextTask<? extends T> body) {
      super(
          timeout == null ? registry.scope.withCancel() : registry.scope.withTimeout(timeout),
          null,
          body);
      this.registry = registry;
      this.name = name;
      this.startedAt = time.nanoTime();
    }

    // A done operation has a T.
    @SuppressWarnings("NullAway")
    @Override
    void onEnd() {
      registry.running.remove(name, this);
      Throwable failure = failure();
      Stages.complete(ended, failure == null ? result() : null, failure);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Duration age() {
      return Duration.ofNanos(Math.max(0, time.nanoTime() - startedAt));
    }

    @Override
    public Duration timeLeft() {
      return scope.timeLeft();
    }

    @Override
    public T await(Context ctx) throws InterruptedException, ExecutionException {
      return ctx.await(ended);
    }

    @Override
    public String toString() {
      return SafeText.of(name) + " " + state() + " for " + DurationText.of(age());
    }
  }

  /** Builds {@link Operations}. Not thread-safe. */
  public static final class Builder {

    private Duration grace = Duration.ofMillis(100);
    private @Nullable Executor executor;

    private Builder() {}

    /** How long {@link Operations#close} waits for what it has interrupted. Default: 100 ms. */
    public Builder grace(Duration newGrace) {
      grace = Durations.requireNotNegative(newGrace, "grace");
      return this;
    }

    /** Runs the operations. Default: the executor of the time source. */
    public Builder executor(Executor newExecutor) {
      executor = requireNonNull(newExecutor, "executor");
      return this;
    }

    /**
     * Opens a registry; close it.
     *
     * @param owner whose end is the end of all operations
     */
    @CheckReturnValue
    public Operations open(Context owner) {
      return new Operations(this, requireNonNull(owner, "owner"));
    }
  }
}
