package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.BlockingWork;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of a task under its context.
 *
 * <p>{@link #stage} goes from null (not begun) by compare-and-set to {@link #BEGUN} and to an
 * {@link Outcome}, or at once to an outcome. Whoever writes the outcome tells {@link #onEnd}, so a
 * task ends exactly once, whether it returned, threw, was cancelled before it began, or was given
 * up while it still runs.
 */
abstract class TaskRun<T extends @Nullable Object> implements Task<T>, BlockingWork<T, Exception> {

  private static final Object BEGUN = new Object();
  private static final long NEVER_BEGAN = -1;
  private static final VarHandle STAGE;

  static {
    try {
      STAGE = MethodHandles.lookup().findVarHandle(TaskRun.class, "stage", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** How it ended. */
  record Outcome<T extends @Nullable Object>(
      TaskState state, @Nullable T value, @Nullable Throwable failure, long ran) {}

  private final ContextTask<? extends T> body;
  private final @Nullable Duration limit;
  final TimeSource time;

  /** Ends when the task does; the task's own limit is below it. */
  final CancellableContext scope;

  private volatile @Nullable Object stage;
  private volatile @Nullable Thread worker;

  /** When it began, and how long it may run (-1: no deadline); published by {@link #worker}. */
  private long begunAt;

  private long allowed = -1;

  /** Set while the body runs. */
  private volatile @Nullable Context running;

  /** When our interrupt was delivered; 0: not yet. */
  private volatile long interruptedAt;

  /**
   * A task that has not begun.
   *
   * @param scope its context, which it closes
   * @param limit how long it may run; null: as long as the context lives
   */
  TaskRun(CancellableContext scope, @Nullable Duration limit, ContextTask<? extends T> body) {
    this.scope = scope;
    this.time = scope.timeSource();
    this.limit = limit;
    this.body = body;
  }

  /** It has ended: told once, on the thread that wrote the end, without a lock. */
  abstract void onEnd();

  /** Its thread has been interrupted. On a thread that must not be kept. */
  void onInterrupt(long now) {}

  /** The context that the body gets. */
  Context prepare(Context own) {
    return own;
  }

  // ---- running

  /** Runs the body, unless the task has ended before; throws nothing. */
  final void execute() {
    if (stage != null || !STAGE.compareAndSet(this, null, BEGUN)) {
      return;
    }
    begunAt = time.nanoTime();
    Outcome<T> mine;
    // Not try-with-resources: whose end it was is asked before we end it ourselves.
    @SuppressWarnings("MustBeClosed") // closed when the task returns
    CancellableContext own = limit == null ? scope : scope.withTimeout(limit);
    try {
      Deadline deadline = own.deadline().orElse(null);
      allowed = deadline == null ? -1 : Math.max(0, deadline.nanos() - begunAt);
      worker = Thread.currentThread();
      running = prepare(own);
      T value = own.interruptibly(this);
      mine = new Outcome<>(TaskState.DONE, value, null, ranUntilNow());
    } catch (Throwable failure) {
      mine = new Outcome<>(stateBy(own), null, failure, ranUntilNow());
    }
    worker = null;
    returned(mine, own);
  }

  /**
   * The body has returned or thrown. Ends the task at once, unless something has to happen before.
   *
   * @param own the context that the body had
   */
  void returned(Outcome<T> outcome, CancellableContext own) {
    own.close();
    finish(outcome);
  }

  /** Ends a task that has begun; it may have been given up before. */
  final void finish(Outcome<T> outcome) {
    scope.close();
    end(BEGUN, outcome);
    running = null;
  }

  /** Makes a task that has begun one that has not; false if it was given up meanwhile. */
  final boolean rewind() {
    running = null;
    interruptedAt = 0;
    return STAGE.compareAndSet(this, BEGUN, null);
  }

  private static TaskState stateBy(Context ctx) {
    if (!ctx.isDone()) {
      return TaskState.FAILED;
    }
    return ctx.error() instanceof DeadlineExceededException
        ? TaskState.TIMED_OUT
        : TaskState.CANCELLED;
  }

  /** The body, under the interrupt of its context. */
  @Override
  public final T run() throws Exception {
    return body.run(requireNonNull(running));
  }

  @Override
  public final void interrupted() {
    long now = time.nanoTime();
    interruptedAt = now == 0 ? 1 : now;
    onInterrupt(now);
  }

  // ---- ending

  private boolean end(@Nullable Object expected, Outcome<T> outcome) {
    if (!STAGE.compareAndSet(this, expected, outcome)) {
      return false;
    }
    onEnd();
    return true;
  }

  /** Ends a task that has not begun, because its context has; false if it has begun or ended. */
  final boolean dismiss() {
    return dismiss(stateBy(scope), scope.toException());
  }

  /** Ends a task that has not begun. */
  final boolean dismiss(TaskState state, Throwable why) {
    boolean mine = stage == null && end(null, new Outcome<>(state, null, why, NEVER_BEGAN));
    if (mine) {
      scope.close();
    }
    return mine;
  }

  /** Gives up a task that runs, ignoring its interrupt; it keeps its thread. */
  final @Nullable AbandonedTask abandon() {
    Thread standing = worker;
    long ran = ranUntilNow();
    AbandonedTask place = new AbandonedTask(name(), Duration.ofNanos(ran), standing);
    Context ended = running;
    boolean mine =
        ended != null && end(BEGUN, new Outcome<>(stateBy(ended), null, ended.toException(), ran));
    return mine ? place : null;
  }

  @Override
  public boolean cancel(Throwable cause) {
    boolean cancelled = !isEnded() && scope.cancel(requireNonNull(cause, "cause"));
    if (cancelled) {
      dismiss();
    }
    return cancelled;
  }

  /** Whether it was interrupted at least {@code grace} ago and still runs. */
  final boolean isOverdue(long now, long grace) {
    long at = interruptedAt;
    return at != 0 && stage == BEGUN && now - at - grace >= 0;
  }

  /** Whether it was interrupted and still runs. */
  final boolean isLingering() {
    return interruptedAt != 0 && stage == BEGUN;
  }

  /** When it was interrupted; meaningful if {@link #isLingering}. */
  final long interruptedAt() {
    return interruptedAt;
  }

  private long ranUntilNow() {
    return Math.max(0, time.nanoTime() - begunAt);
  }

  // ---- looking

  /** Whether it ended while it waited for a thread. */
  final boolean wasDismissed() {
    Outcome<T> outcome = outcome();
    return outcome != null && outcome.ran() == NEVER_BEGAN;
  }

  final boolean hasBegun() {
    return stage != null;
  }

  @SuppressWarnings("unchecked") // nothing else is written there
  private @Nullable Outcome<T> outcome() {
    return stage instanceof Outcome<?> outcome ? (Outcome<T>) outcome : null;
  }

  @Override
  public final TaskState state() {
    Outcome<T> outcome = outcome();
    if (outcome != null) {
      return outcome.state();
    }
    return stage == null ? TaskState.QUEUED : TaskState.RUNNING;
  }

  // One that is done has a T.
  @SuppressWarnings("NullAway")
  @Override
  public final T result() {
    Outcome<T> outcome = outcome();
    if (outcome == null || outcome.state() != TaskState.DONE) {
      throw new IllegalStateException(
          name() + ": " + state() + " (expected: DONE)",
          outcome == null ? null : outcome.failure());
    }
    return outcome.value();
  }

  @Override
  public final T resultOr(T other) {
    return isDone() ? result() : other;
  }

  @Override
  public final @Nullable Throwable failure() {
    Outcome<T> outcome = outcome();
    return outcome == null ? null : outcome.failure();
  }

  @Override
  public final Duration ran() {
    Outcome<T> outcome = outcome();
    if (outcome != null) {
      return Duration.ofNanos(Math.max(0, outcome.ran()));
    }
    return running == null ? Duration.ZERO : Duration.ofNanos(ranUntilNow());
  }

  @Override
  public final Optional<Duration> timeAllowed() {
    return hasBegun() && allowed >= 0 ? Optional.of(Duration.ofNanos(allowed)) : Optional.empty();
  }

  @Override
  public String toString() {
    return name() + " " + state();
  }
}
