package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.Failures;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RejectedException;
import dev.resilience.text.Arguments;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of workers behind a bounded queue, for jobs that come one by one.
 *
 * <pre>{@code
 * try (WorkerPool pool =
 *     WorkerPool.builder("jobs").workers(3).queue(100).taskTimeout(ofSeconds(5)).open(root)) {
 *   PoolTask<Report> task = pool.submit(ctx, "report", c -> reports.make(c, month));
 *   ...
 *   ShutdownReport report = pool.shutdown(ctx);   // drains, then cancels, then names what is left
 * }
 * }</pre>
 *
 * <p>Each task has a context of its own below that of its submitter, and a limit that runs from its
 * beginning. A task whose context ends while it waits is never started. What was accepted ends
 * exactly once: {@link TaskState#DONE}, {@link TaskState#FAILED}, {@link TaskState#TIMED_OUT},
 * {@link TaskState#CANCELLED} or {@link TaskState#DROPPED}; a full queue is an answer to the
 * submitter.
 *
 * <h2>The line</h2>
 *
 * The most urgent task is next; who waits rises one level for each {@linkplain Builder#ageing time
 * of ageing}, so nobody waits for ever. When the queue is full, a submission is refused, waits with
 * its context, or drives a less critical one out: {@link WhenFull}. The line knows time: whose turn
 * would come after its deadline, by the recent durations of tasks, is refused at once with a {@link
 * NoTimeLeftException}; if tasks become slower meanwhile, it is dropped.
 *
 * <h2>Parents and children</h2>
 *
 * A task that is submitted under the context of another task of the pool is its child: it has that
 * one's limit, is cancelled with it, and is cancelled when it fails; and the parent has ended only
 * when all its children have. A parent need not wait for them, and should not: it would keep a
 * worker.
 *
 * <h2>Threads</h2>
 *
 * Workers are started as tasks come and go when there are none: an idle pool has no thread. They
 * come from the time source's executor, or from the one that was given. Thread-safe.
 */
public final class WorkerPool implements AutoCloseable {

  /** What a submission to a full queue comes to. */
  public enum WhenFull {

    /** It is refused with a {@link PoolFullException}. The default. */
    REFUSE,

    /** The submitter waits for a place, until its context ends at the latest. */
    WAIT,

    /**
     * If a waiting task is less critical or, being as critical, less urgent, that one is dropped;
     * else the newcomer is refused. The least critical goes first, among those the last in line.
     */
    MAKE_ROOM
  }

  private static final Logger LOG = System.getLogger(WorkerPool.class.getName());
  private static final PoolListener NOBODY = new PoolListener() {};

  private enum Phase {
    OPEN,
    DRAINING,
    STOPPED
  }

  private final String name;
  private final int capacity;
  private final WhenFull whenFull;
  private final @Nullable Duration taskTimeout;
  private final long ageing;
  private final Duration grace;
  private final Duration drainTimeout;
  private final PoolListener listener;
  private final TimeSource time;
  private final Context owner;
  private final TaskThreads threads;
  private final long openedAt;
  private final Registration ownersEnd;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock

  private Phase phase = Phase.OPEN;
  private int workers;

  /** Workers that have been started, and those of them that have a task. */
  private int working;

  private int busy;

  /** Places that were promised to submitters who waited for one. */
  private int promised;

  private boolean[] taken = new boolean[1];
  private @Nullable PooledTask<?>[] slots = new PooledTask<?>[1];
  private final TaskQueue queue;
  private final Set<PooledTask<?>> delayed = new LinkedHashSet<>();
  private final Set<PooledTask<?>> live = new LinkedHashSet<>();
  private final ArrayDeque<CompletableFuture<@Nullable Void>> waitingForPlace = new ArrayDeque<>();
  private final PoolCounts counts = new PoolCounts();
  private final CompletableFuture<@Nullable Void> drained = new CompletableFuture<>();
  private final List<TaskStream> streams = new ArrayList<>();

  /** What has ended since the pool began to drain; null before. */
  private @Nullable List<PooledTask<?>> drainedTasks;

  private long sequence;

  private WorkerPool(Builder builder, Context owner) {
    this.name = builder.name;
    this.workers = builder.workers;
    this.capacity = builder.queue;
    this.whenFull = builder.whenFull;
    this.queue = new TaskQueue(whenFull == WhenFull.MAKE_ROOM);
    this.taskTimeout = builder.taskTimeout;
    this.ageing = Durations.toNanos(builder.ageing);
    this.grace = builder.grace;
    this.drainTimeout = builder.drainTimeout;
    this.listener = builder.listener;
    this.owner = owner;
    this.time = owner.timeSource();
    this.threads = new TaskThreads(time, builder.executor);
    this.openedAt = time.nanoTime();
    this.ownersEnd = owner.onDone(this::ownerEnded);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  /** The name of this pool. */
  public String name() {
    return name;
  }

  // ---- submitting

  /**
   * Submits a task of the default priority. See {@link #submit(Context, TaskSpec)}.
   *
   * @param taskName for messages, logs and pages; need not be unique
   */
  public <T extends @Nullable Object> PoolTask<T> submit(
      Context ctx, String taskName, ContextTask<? extends T> body) {
    return submit(ctx, TaskSpec.<T>of(taskName, body));
  }

  /**
   * Submits a task. When this returns, it has been accepted, and will end.
   *
   * @param ctx the submitter's context: the task ends with it
   * @throws PoolShutdownException if the pool is shutting down or closed
   * @throws PoolFullException if the queue is full, unless the pool {@linkplain WhenFull#WAIT
   *     waits}
   * @throws NoTimeLeftException if the task's turn would come after its deadline
   * @throws ContextException if the context has ended, or ends while this waits for a place
   * @throws CallInterruptedException if this thread is interrupted while it waits for a place
   * @throws IllegalArgumentException if the context is of another time source than the pool
   */
  @SuppressWarnings("MustBeClosed") // closed when the task ends
  public <T extends @Nullable Object> PoolTask<T> submit(Context ctx, TaskSpec<T> spec) {
    requireNonNull(ctx, "ctx");
    requireNonNull(spec, "spec");
    if (ctx.timeSource() != time) {
      throw new IllegalArgumentException(
          "ctx: of " + SafeText.of(ctx.timeSource()) + " (expected: of " + SafeText.of(time) + ")");
    }
    ctx.throwIfDone();
    PooledTask<?> parent = parentIn(ctx);
    PooledTask<T> task =
        new PooledTask<>(
            this,
            spec,
            spec.timeout != null ? spec.timeout : taskTimeout,
            ageing,
            ctx.withCancel(),
            parent);
    boolean held = parent != null && parent.hold(task);
    boolean accepted = false;
    try {
      if (parent != null && !held) {
        throw new PoolShutdownException(
            spec.name + ": its parent " + parent.name() + " has ended (expected: runs)");
      }
      admit(ctx, task);
      accepted = true;
    } catch (RejectedException refusal) {
      tell(l -> l.onRefused(spec.name, refusal));
      throw refusal;
    } finally {
      if (!accepted) {
        task.scope.close();
        if (held) {
          requireNonNull(parent).letGo(task);
        }
      }
    }
    task.watchWhileQueued();
    return task;
  }

  private @Nullable PooledTask<?> parentIn(Context ctx) {
    PooledTask<?> parent = Progress.taskOf(ctx);
    return parent != null && parent.isOf(this) ? parent : null;
  }

  private void admit(Context ctx, PooledTask<?> task) {
    boolean promisedOne = false;
    while (true) {
      PooledTask<?> dropped = null;
      CompletableFuture<@Nullable Void> place = null;
      lock.lock();
      try {
        promised -= promisedOne ? 1 : 0;
        RejectedException refusal = refusal(task);
        if (refusal == null && places() <= 0) {
          dropped = queue.worthLessThan(task);
          if (whenFull == WhenFull.WAIT) {
            place = new CompletableFuture<>();
            waitingForPlace.add(place);
          } else if (dropped == null) {
            refusal =
                new PoolFullException(
                    name + ": " + queue.size() + " tasks wait (expected: < " + capacity + ")");
          }
        }
        if (refusal != null) {
          counts.refused++;
          throw refusal;
        }
        if (place == null) {
          enter(task, dropped);
        }
      } finally {
        lock.unlock();
      }
      if (place == null) {
        if (dropped != null) {
          dropped.dismiss(
              TaskState.DROPPED, new TaskDroppedException(name + ": made room for " + task.name()));
        }
        tell(l -> l.onAccepted(task));
        startWorkers();
        return;
      }
      awaitPlace(ctx, place);
      promisedOne = true;
    }
  }

  private void enter(PooledTask<?> task, @Nullable PooledTask<?> dropped) {
    task.id = ++sequence;
    counts.accepted++;
    if (dropped != null) {
      queue.remove(dropped);
    }
    queue.add(task);
    live.add(task);
  }

  /** How many tasks may still come; workers without a task are places, too. */
  private int places() {
    return capacity + Math.max(0, workers - busy) - queue.size() - promised;
  }

  private @Nullable RejectedException refusal(PooledTask<?> task) {
    if (phase != Phase.OPEN) {
      return new PoolShutdownException(
          name + ": " + (phase == Phase.DRAINING ? "shutting down" : "closed"));
    }
    if (queue.isTooLateFor(task, time.nanoTime(), workers)) {
      return new NoTimeLeftException(
          name + ": the turn of " + task.name() + " would come after its deadline");
    }
    return null;
  }

  private void awaitPlace(Context ctx, CompletableFuture<@Nullable Void> place) {
    boolean got = false;
    try {
      ctx.await(place);
      got = true;
    } catch (InterruptedException e) {
      throw Failures.interrupted(ctx, e);
    } catch (ExecutionException impossible) {
      throw new AssertionError("a place does not fail", impossible);
    } finally {
      if (!got) {
        leaveLine(place);
      }
    }
  }

  private void leaveLine(CompletableFuture<@Nullable Void> place) {
    lock.lock();
    try {
      if (!waitingForPlace.removeIf(other -> other == place)) {
        promised--;
      }
    } finally {
      lock.unlock();
    }
    offerPlaces();
  }

  /** Promises the places that there are to those who wait for one; at the end all are woken. */
  private void offerPlaces() {
    if (whenFull != WhenFull.WAIT) {
      return;
    }
    List<CompletableFuture<@Nullable Void>> woken = new ArrayList<>(0);
    lock.lock();
    try {
      while (!waitingForPlace.isEmpty() && (phase != Phase.OPEN || places() > 0)) {
        promised++;
        woken.add(waitingForPlace.remove());
      }
    } finally {
      lock.unlock();
    }
    woken.forEach(place -> place.complete(null));
  }

  // ---- workers

  private void startWorkers() {
    while (true) {
      int slot;
      lock.lock();
      try {
        if (phase == Phase.STOPPED || working >= workers || queue.size() <= working - busy) {
          return; // those that were started and have no task yet are enough
        }
        working++;
        slot = takeSlot();
      } finally {
        lock.unlock();
      }
      try {
        threads.start(name + "-" + (slot + 1), () -> work(slot));
      } catch (Throwable refused) {
        startRefused(slot, refused);
      }
    }
  }

  /** A slot that is taken has its task later; until then it is marked as the pool's. */
  private int takeSlot() {
    for (int i = 0; i < taken.length; i++) {
      if (!taken[i]) {
        taken[i] = true;
        return i;
      }
    }
    int slot = taken.length;
    taken = Arrays.copyOf(taken, slot + 1);
    slots = Arrays.copyOf(slots, slot + 1);
    taken[slot] = true;
    return slot;
  }

  /** The executor has no thread for us: the task whose turn it is has failed. */
  private void startRefused(int slot, Throwable refused) {
    PooledTask<?> next;
    lock.lock();
    try {
      free(slot);
      next = queue.poll();
    } finally {
      lock.unlock();
    }
    if (next != null) {
      next.dismiss(TaskState.FAILED, refused);
    }
    offerPlaces();
  }

  private void free(int slot) {
    taken[slot] = false;
    working--;
  }

  private void work(int slot) {
    PooledTask<?> task = next(slot);
    while (task != null) {
      task.execute();
      task = next(slot);
    }
  }

  private @Nullable PooledTask<?> next(int slot) {
    while (true) {
      PooledTask<?> next = null;
      boolean tooLate = false;
      lock.lock();
      try {
        if (slots[slot] != null) {
          slots[slot] = null;
          busy--;
        }
        if (working <= workers && phase != Phase.STOPPED) {
          next = queue.poll(); // what waits when the pool stops is handed back
        }
        if (next == null) {
          free(slot);
        } else {
          tooLate = next.wouldBeTooLateAt(time.nanoTime());
          if (!tooLate) {
            slots[slot] = next;
            busy++;
          }
        }
      } finally {
        lock.unlock();
      }
      offerPlaces();
      if (!tooLate) {
        return next;
      }
      drop(requireNonNull(next));
    }
  }

  private void drop(PooledTask<?> late) {
    if (late.scope.isDone()) {
      late.dismiss();
    } else {
      late.dismiss(
          TaskState.DROPPED,
          new NoTimeLeftException(name + ": too little time was left for " + late.name()));
    }
  }

  // ---- told by tasks

  void begun(PooledTask<?> task) {
    tell(l -> l.onStarted(task));
  }

  boolean mayTryAgain() {
    lock.lock();
    try {
      return phase != Phase.STOPPED;
    } finally {
      lock.unlock();
    }
  }

  /** A task waits for its next attempt. */
  void delay(PooledTask<?> task) {
    lock.lock();
    try {
      if (live.contains(task)) {
        delayed.add(task);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The next attempt of a task is due. It was accepted once, so the bound does not matter. */
  void requeue(PooledTask<?> task) {
    lock.lock();
    try {
      delayed.remove(task);
      if (live.contains(task)) {
        queue.add(task);
      }
    } finally {
      lock.unlock();
    }
    startWorkers();
  }

  /** A task has ended: from now on nothing here holds it. */
  void ended(PooledTask<?> task) {
    List<PooledTask<?>> late;
    List<TaskStream> listening;
    boolean last;
    lock.lock();
    try {
      TaskState state = task.state();
      live.remove(task);
      queue.remove(task);
      delayed.remove(task);
      counts.count(state);
      if (task.attempts() > 0) {
        long ran = task.ran().toNanos();
        counts.runs++;
        counts.ranNanos += ran;
        if (state != TaskState.CANCELLED) { // what a caller gave up says nothing of durations
          queue.record(ran);
        }
      }
      if (drainedTasks != null) {
        drainedTasks.add(task);
      }
      late = queue.takeTooLate(time.nanoTime(), workers);
      last = phase != Phase.OPEN && live.isEmpty();
      listening = streams.isEmpty() ? List.of() : List.copyOf(streams);
    } finally {
      lock.unlock();
    }
    listening.forEach(stream -> stream.add(task));
    late.forEach(this::drop);
    offerPlaces();
    if (last) {
      terminated();
    }
  }

  /** No task lives, and none will come. */
  private void terminated() {
    List<TaskStream> listening;
    lock.lock();
    try {
      listening = List.copyOf(streams);
      streams.clear();
    } finally {
      lock.unlock();
    }
    drained.complete(null);
    listening.forEach(TaskStream::end);
  }

  void tellEnded(PooledTask<?> task) {
    tell(l -> l.onEnded(task));
  }

  private void tell(Consumer<PoolListener> news) {
    if (listener == NOBODY) {
      return;
    }
    try {
      news.accept(listener);
    } catch (Throwable failure) {
      SafeText.log(LOG, Level.WARNING, name + ": a listener failed", failure);
    }
  }

  // ---- looking

  /** The figures at this moment. */
  public PoolSnapshot snapshot() {
    lock.lock();
    try {
      List<WorkerStatus> status = new ArrayList<>();
      int running = 0;
      for (int i = 0; i < Math.max(workers, slots.length); i++) {
        PooledTask<?> task = i < slots.length ? slots[i] : null;
        running += task == null ? 0 : 1;
        if (i < workers || task != null) {
          status.add(new WorkerStatus(i + 1, task));
        }
      }
      return new PoolSnapshot(
          name,
          queue.size(),
          delayed.size(),
          running,
          counts.copy(),
          queue.oldestWaiting(),
          Duration.ofNanos(time.nanoTime() - openedAt),
          status);
    } finally {
      lock.unlock();
    }
  }

  /** What has been accepted and has not ended, in the order of submission. */
  public List<PoolTask<?>> tasks() {
    lock.lock();
    try {
      return List.copyOf(live);
    } finally {
      lock.unlock();
    }
  }

  /**
   * A stream of the tasks that end from now on. It keeps what nobody has taken: close it when it is
   * no longer read.
   */
  public TaskStream results() {
    TaskStream stream = new TaskStream(this);
    boolean over;
    lock.lock();
    try {
      over = phase != Phase.OPEN && live.isEmpty();
      if (!over) {
        streams.add(stream);
      }
    } finally {
      lock.unlock();
    }
    if (over) {
      stream.end();
    }
    return stream;
  }

  void forget(TaskStream stream) {
    lock.lock();
    try {
      streams.remove(stream);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Changes the number of workers. Fewer: those that are too many end with their present task.
   *
   * @param newWorkers at least 1
   */
  public void resize(int newWorkers) {
    Arguments.requireAtLeastOne(newWorkers, "workers");
    lock.lock();
    try {
      workers = newWorkers;
    } finally {
      lock.unlock();
    }
    offerPlaces();
    startWorkers();
  }

  // ---- the end

  /**
   * Shuts the pool down: new tasks are refused from now on, accepted ones come to their end until
   * the context or the {@linkplain Builder#drainTimeout drain time} ends, the others are cancelled
   * with {@link CancelReason#SHUTDOWN}, and what ignores its interrupt for longer than the
   * {@linkplain Builder#grace grace} is named. If this thread is interrupted, the others are
   * cancelled at once, and the interrupt stays pending.
   *
   * @param ctx how long this may take, but for the grace
   */
  public ShutdownReport shutdown(Context ctx) {
    requireNonNull(ctx, "ctx");
    long from = time.nanoTime();
    beginDraining();
    boolean interrupted = false;
    try (CancellableContext drain = ctx.withTimeout(drainTimeout)) {
      drain.await(drained);
    } catch (ContextException timeIsUp) {
      // The rest is cancelled.
    } catch (InterruptedException e) {
      interrupted = true;
    } catch (ExecutionException impossible) {
      throw new AssertionError("draining does not fail", impossible);
    }
    ShutdownReport report = stop(CancelReason.SHUTDOWN, from);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return report;
  }

  private void beginDraining() {
    boolean empty;
    lock.lock();
    try {
      if (phase == Phase.OPEN) {
        phase = Phase.DRAINING;
      }
      if (drainedTasks == null) {
        drainedTasks = new ArrayList<>();
      }
      empty = live.isEmpty();
    } finally {
      lock.unlock();
    }
    offerPlaces(); // who waits for a place is told that there will be none
    if (empty) {
      terminated();
    }
  }

  /**
   * Cancels what is left and waits for it, at most as long as the grace.
   *
   * @param from when it began to end
   */
  private ShutdownReport stop(Throwable cause, long from) {
    beginDraining();
    List<PooledTask<?>> finished;
    List<PooledTask<?>> left;
    lock.lock();
    try {
      phase = Phase.STOPPED;
      finished = List.copyOf(requireNonNull(drainedTasks));
      left = List.copyOf(live);
    } finally {
      lock.unlock();
    }
    left.forEach(task -> task.cancel(cause));
    awaitGrace();
    List<AbandonedTask> abandoned = abandonRest();
    ownersEnd.withdraw();
    List<PoolTask<?>> drainedOnes = new ArrayList<>(finished);
    List<PoolTask<?>> cancelled = new ArrayList<>();
    List<PoolTask<?>> handedBack = new ArrayList<>();
    for (PooledTask<?> task : left) {
      if (task.state() != TaskState.CANCELLED) {
        drainedOnes.add(task); // it was quicker
      } else {
        (task.wasDismissed() ? handedBack : cancelled).add(task);
      }
    }
    return new ShutdownReport(
        name,
        Duration.ofNanos(time.nanoTime() - from),
        drainedOnes,
        cancelled,
        handedBack,
        abandoned);
  }

  /** Not interruptible: the grace is short. */
  private void awaitGrace() {
    boolean interrupted = Thread.interrupted();
    try (CancellableContext bounded = Context.background(time).withTimeout(grace)) {
      while (!drained.isDone() && !bounded.isDone()) {
        try {
          bounded.await(drained);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ContextException graceIsOver) {
          // Named by the caller.
        } catch (ExecutionException impossible) {
          throw new AssertionError("draining does not fail", impossible);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private List<AbandonedTask> abandonRest() {
    List<AbandonedTask> abandoned = new ArrayList<>();
    for (PooledTask<?> task : livingTasks()) {
      AbandonedTask place = task.abandon();
      if (place != null) {
        abandoned.add(place);
        SafeText.log(LOG, Level.WARNING, name + ": gave up a task", place.toThrowable());
      }
    }
    lock.lock();
    try {
      counts.abandoned += abandoned.size();
    } finally {
      lock.unlock();
    }
    return abandoned;
  }

  private List<PooledTask<?>> livingTasks() {
    lock.lock();
    try {
      return List.copyOf(live);
    } finally {
      lock.unlock();
    }
  }

  /** The owner's context has ended: so does everything here, with its cause. */
  private void ownerEnded() {
    Throwable cause = requireNonNull(owner.cause());
    lock.lock();
    try {
      phase = Phase.STOPPED;
      if (drainedTasks == null) {
        drainedTasks = new ArrayList<>();
      }
    } finally {
      lock.unlock();
    }
    offerPlaces();
    for (PooledTask<?> task : livingTasks()) {
      task.cancel(cause);
    }
    if (livingTasks().isEmpty()) {
      terminated();
    }
  }

  /**
   * Closes the pool without draining: what was accepted is cancelled with {@link
   * CancelReason#CLOSED} and waited for, at most as long as the grace. Does nothing after {@link
   * #shutdown}.
   */
  @Override
  public void close() {
    stop(CancelReason.CLOSED, time.nanoTime());
  }

  @Override
  public String toString() {
    return snapshot().toString();
  }

  /** Builds a {@link WorkerPool}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private int workers = Math.max(2, Runtime.getRuntime().availableProcessors());
    private int queue = 100;
    private WhenFull whenFull = WhenFull.REFUSE;
    private @Nullable Duration taskTimeout;
    private Duration ageing = Duration.ofSeconds(10);
    private Duration grace = Duration.ofMillis(100);
    private Duration drainTimeout = Duration.ofSeconds(20);
    private PoolListener listener = NOBODY;
    private @Nullable Executor executor;

    private Builder(String name) {
      this.name = name;
    }

    /** How many tasks run at once, at least 1. Default: the processors, at least 2. */
    public Builder workers(int newWorkers) {
      workers = Arguments.requireAtLeastOne(newWorkers, "workers");
      return this;
    }

    /** How many tasks wait at most. 0: none does. Default: 100. */
    public Builder queue(int newQueue) {
      queue = Arguments.requireNotNegative(newQueue, "queue");
      return this;
    }

    /** What a submission to a full queue comes to. Default: {@link WhenFull#REFUSE}. */
    public Builder whenFull(WhenFull newWhenFull) {
      whenFull = requireNonNull(newWhenFull, "whenFull");
      return this;
    }

    /** How long a task may run that has no limit of its own. Default: as long as its context. */
    public Builder taskTimeout(Duration newTaskTimeout) {
      taskTimeout = Durations.requirePositive(newTaskTimeout, "taskTimeout");
      return this;
    }

    /**
     * How long a task waits to become as urgent as a new one of the next better priority. Default:
     * 10 s.
     *
     * @param newAgeing positive, at most a day
     */
    public Builder ageing(Duration newAgeing) {
      if (Durations.requirePositive(newAgeing, "ageing").compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException(
            "ageing: " + DurationText.of(newAgeing) + " (expected: <= 24 h)");
      }
      ageing = newAgeing;
      return this;
    }

    /** How long a task may go on after its interrupt, at the end of the pool. Default: 100 ms. */
    public Builder grace(Duration newGrace) {
      grace = Durations.requireNotNegative(newGrace, "grace");
      return this;
    }

    /** How long {@link WorkerPool#shutdown} drains, if its context allows more. Default: 20 s. */
    public Builder drainTimeout(Duration newDrainTimeout) {
      drainTimeout = Durations.requireNotNegative(newDrainTimeout, "drainTimeout");
      return this;
    }

    /** Hears what happens. Default: nobody. */
    public Builder listener(PoolListener newListener) {
      listener = requireNonNull(newListener, "listener");
      return this;
    }

    /** Runs the workers. Default: the executor of the time source. */
    public Builder executor(Executor newExecutor) {
      executor = requireNonNull(newExecutor, "executor");
      return this;
    }

    /**
     * Opens a pool; close it.
     *
     * @param owner whose end ends the pool and all its tasks, with its cause
     */
    @CheckReturnValue
    public WorkerPool open(Context owner) {
      return new WorkerPool(this, requireNonNull(owner, "owner"));
    }
  }
}
