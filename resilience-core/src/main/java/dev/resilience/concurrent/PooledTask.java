package dev.resilience.concurrent;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Criticality;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.stage.Stages;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A task of a pool: queued, perhaps tried again, and not over before its children are.
 *
 * <p>{@link #holders} counts who keeps it from ending once its body has returned: the body itself,
 * and each child. Zero is final, so a child that comes too late is refused.
 */
final class PooledTask<T extends @Nullable Object> extends TaskRun<T> implements PoolTask<T> {

  private final WorkerPool pool;
  private final TaskSpec<T> spec;
  private final @Nullable PooledTask<?> parent;
  private final Progress progress = new Progress(null, this);
  private final CompletableFuture<T> ended = new CompletableFuture<>();
  private final AtomicInteger holders = new AtomicInteger(1);
  private final Set<PooledTask<?>> children = ConcurrentHashMap.newKeySet(0);

  /** Its number; until it is accepted it is behind all others. Guarded by the pool's lock. */
  long id = Long.MAX_VALUE;

  final long submittedAt;

  /** Where it stands in line: the moment of submission, later the less urgent it is. */
  final long rank;

  /** How much it matters; the least is the first to be let go. */
  final Criticality criticality;

  /** The last moment at which it may begin, on its time source's scale, where there is one. */
  private final long latestBegin;

  private final boolean hasLatestBegin;

  /** Published by {@link #attempts}. */
  private long firstBegunAt;

  private volatile int attempts;
  private volatile @Nullable Throwable lastFailure;
  private volatile @Nullable Registration whileQueued;
  private volatile @Nullable Timer retryTimer;

  /** What the body came to, while children still run. */
  private volatile @Nullable Held<T> held;

  private record Held<T extends @Nullable Object>(Outcome<T> outcome, CancellableContext own) {}

  PooledTask(
      WorkerPool pool,
      TaskSpec<T> spec,
      @Nullable Duration limit,
      long ageing,
      CancellableContext scope,
      @Nullable PooledTask<?> parent) {
    super(scope, limit, spec.body);
    this.pool = pool;
    this.spec = spec;
    this.parent = parent;
    this.submittedAt = time.nanoTime();
    this.rank = submittedAt + (spec.priority - 1) * ageing;
    this.criticality = Criticality.of(scope);
    Deadline deadline = scope.deadline().orElse(null);
    this.hasLatestBegin = deadline != null;
    long expected = spec.expected == null ? 0 : Durations.toNanos(spec.expected);
    this.latestBegin = deadline == null ? 0 : deadline.nanos() - expected;
  }

  // ---- waiting for a worker

  /** From now on the end of its context ends it, until it begins. */
  void watchWhileQueued() {
    Registration registration = scope.onDone(this::dismiss);
    whileQueued = registration;
    if (hasBegun()) {
      registration.withdraw();
    }
  }

  boolean isOf(WorkerPool other) {
    return pool == other;
  }

  /** Whether too little time would be left if it began at a moment. */
  boolean wouldBeTooLateAt(long nanos) {
    return hasLatestBegin && nanos - latestBegin > 0;
  }

  boolean hasDeadline() {
    return hasLatestBegin;
  }

  // ---- running

  @Override
  Context prepare(Context own) {
    long now = time.nanoTime();
    Registration registration = whileQueued;
    if (registration != null) {
      registration.withdraw();
    }
    int before = attempts;
    if (before == 0) {
      firstBegunAt = now;
    }
    attempts = before + 1; // one thread at a time
    pool.begun(this);
    return progress.in(own);
  }

  @Override
  void returned(Outcome<T> outcome, CancellableContext own) {
    Throwable failure = outcome.failure();
    if (failure != null && keepEarlierFailure(failure) && isTriedAgain(outcome, own)) {
      return;
    }
    held = new Held<>(outcome, own);
    if (failure != null) {
      own.cancel(failure); // the children of a task that failed are not wanted any more
    }
    release();
  }

  private boolean keepEarlierFailure(Throwable failure) {
    Throwable before = lastFailure;
    if (before != null) {
      Failures.suppress(failure, before);
    }
    lastFailure = failure;
    return true;
  }

  private boolean isTriedAgain(Outcome<T> outcome, CancellableContext own) {
    if (outcome.state() != TaskState.FAILED
        || !(outcome.failure() instanceof Exception failure)
        || attempts >= spec.maxAttempts
        || !children.isEmpty()) {
      return false;
    }
    Duration delay;
    try {
      delay = Durations.requireNotNegative(spec.delay.apply(attempts), "delay");
    } catch (Throwable bad) {
      Failures.suppress(failure, bad);
      return false;
    }
    if (!scope.hasTimeFor(delay) || !pool.mayTryAgain()) {
      return false;
    }
    if (own != scope) {
      own.close();
    }
    if (rewind()) {
      pool.delay(this);
      watchWhileQueued();
      long due = time.nanoTime() + Durations.toNanos(delay);
      retryTimer = time.startTimer(due, () -> pool.requeue(this));
      if (isEnded()) {
        stopTimer();
      }
    }
    return true;
  }

  private void stopTimer() {
    Timer timer = retryTimer;
    if (timer != null) {
      timer.cancel();
    }
  }

  // ---- children

  /** Keeps this task from ending; false if it has. */
  boolean hold(PooledTask<?> child) {
    while (true) {
      int count = holders.get();
      if (count == 0) {
        return false;
      }
      if (holders.compareAndSet(count, count + 1)) {
        children.add(child);
        return true;
      }
    }
  }

  void letGo(PooledTask<?> child) {
    children.remove(child);
    release();
  }

  private void release() {
    if (holders.decrementAndGet() == 0) {
      Held<T> last = held;
      if (last != null) {
        last.own().close();
        finish(last.outcome());
      }
    }
  }

  // ---- the end

  // A done task has a T.
  @SuppressWarnings("NullAway")
  @Override
  void onEnd() {
    stopTimer();
    pool.ended(this);
    if (parent != null) {
      parent.letGo(this);
    }
    Throwable failure = failure();
    Stages.complete(ended, failure == null ? result() : null, failure);
    pool.tellEnded(this);
  }

  // ---- looking

  @Override
  public String name() {
    return spec.name;
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public int priority() {
    return spec.priority;
  }

  @Override
  public Progress progress() {
    return progress;
  }

  @Override
  public Duration waited() {
    long until = attempts > 0 ? firstBegunAt : time.nanoTime();
    return Duration.ofNanos(Math.max(0, until - submittedAt));
  }

  @Override
  public int attempts() {
    return attempts;
  }

  @Override
  public Optional<PoolTask<?>> parent() {
    return Optional.ofNullable(parent);
  }

  @Override
  public List<PoolTask<?>> children() {
    return List.copyOf(children);
  }

  @Override
  public CompletionStage<T> stage() {
    return ended.minimalCompletionStage();
  }

  @Override
  public T await(Context ctx) throws InterruptedException, ExecutionException {
    return ctx.await(ended);
  }

  @Override
  public String toString() {
    return spec.name + " #" + id + " " + state();
  }
}
