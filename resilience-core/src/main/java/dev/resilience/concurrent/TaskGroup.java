package dev.resilience.concurrent;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.error.Failures;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that are parts of one call: they run at once, end together, and none outlives the group.
 *
 * <pre>{@code
 * try (var group = TaskGroup.open(ctx)) {
 *   Task<User> user = group.fork("user", c -> users.fetch(c, id));
 *   Task<List<Order>> orders = group.fork("orders", c -> shop.orders(c, id));
 *   group.join();                                   // a failure of one cancels the other
 *   return page(user.result(), orders.result());
 * }
 * }</pre>
 *
 * <p>How a group ends is its {@link Ending}: with the first failure, with the first success, or
 * when all have ended. In each case {@link #join} returns only when all tasks have stopped. Those
 * that the ending makes needless are cancelled: the contexts end and the threads are interrupted. A
 * task that ignores its interrupt is given up after the {@linkplain Builder#grace grace}, named
 * with its stack in {@link TaskResults#abandoned}, in the exception and in the log; so neither
 * {@code join} nor {@link #close} waits longer than until the end of the context plus the grace.
 *
 * <p>Each task has a context of its own below that of the group, which ends with the task; so tasks
 * may have limits of their own, and may open groups themselves.
 *
 * <h2>Threads</h2>
 *
 * Each task runs on a thread of the time source's executor (a virtual one where the JVM has them,
 * else a pooled daemon), or on the executor that was given. With {@link Builder#maxConcurrent} at
 * most so many run at once; the others wait in the order in which they were forked.
 *
 * <p>A group is thread-safe: tasks may fork tasks. One thread joins, once.
 *
 * <h2>Memory effects</h2>
 *
 * What the forking thread did before {@link #fork} <em>happens-before</em> the task, and what the
 * task did <em>happens-before</em> the return of {@link #join}.
 *
 * <h2>Cost</h2>
 *
 * A thread, a context and four small objects for each task. A group keeps its tasks until it is
 * garbage: for a stream of tasks use a {@link WorkerPool}.
 *
 * @param <T> the common type of the results
 */
public final class TaskGroup<T extends @Nullable Object> implements AutoCloseable {

  /** When a group is over. */
  public enum Ending {

    /**
     * With the first task that has no result: the others are cancelled with its failure as the
     * cause, and {@link TaskGroup#join} throws it. The default.
     */
    FAIL_FAST,

    /**
     * When all tasks have ended, however: {@link TaskGroup#join} returns partial results, also at
     * the deadline.
     */
    COLLECT_ALL,

    /**
     * With the first result: the others are cancelled with {@link CancelReason#SUPERSEDED}. If all
     * fail, {@link TaskGroup#join} throws the last failure with the others suppressed.
     */
    FIRST_SUCCESS
  }

  private static final Logger LOG = System.getLogger(TaskGroup.class.getName());

  @SuppressWarnings("StaticAssignmentOfThrowable") // a reason is made to be shared
  private static final CancelReason INTERRUPTED =
      CancelReason.of("the joining thread was interrupted");

  private static final VarHandle TASKS;
  private static final VarHandle JOINER;
  private static final VarHandle FIRST;
  private static final VarHandle LOOK_AT;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TASKS = lookup.findVarHandle(TaskGroup.class, "tasks", Object.class);
      JOINER = lookup.findVarHandle(TaskGroup.class, "joiner", Thread.class);
      FIRST = lookup.findVarHandle(TaskGroup.class, "first", GroupTask.class);
      LOOK_AT = lookup.findVarHandle(TaskGroup.class, "lookAt", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String name;
  private final Ending ending;
  private final long grace;
  private final int maxConcurrent;
  private final TimeSource time;
  private final TaskThreads threads;
  private final CancellableContext scope;

  /** The task that was forked last, null, or {@link Forked} when no more are let in. */
  private volatile @Nullable Object tasks;

  private final AtomicInteger remaining = new AtomicInteger();
  private final AtomicInteger forked = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();

  /** Tasks that wait for a thread, and how many have one; only where that is limited. */
  private final Queue<GroupTask<? extends T>> waiting = new ConcurrentLinkedQueue<>();

  private final AtomicInteger threadsTaken = new AtomicInteger();

  /** The task that decided the ending. */
  private volatile @Nullable GroupTask<? extends T> first;

  private volatile @Nullable Thread joiner;

  /** When the joiner looks for tasks that ignore their interrupt; 0: not needed. */
  private volatile long lookAt;

  private final List<AbandonedTask> abandoned = Collections.synchronizedList(new ArrayList<>(0));

  /** The tasks of a group that lets no more in, in their order. */
  private record Forked<T extends @Nullable Object>(List<GroupTask<? extends T>> list) {}

  @SuppressWarnings("MustBeClosed") // closed by close()
  private TaskGroup(Builder builder, Context owner) {
    this.name = builder.name;
    this.ending = builder.ending;
    this.grace = Durations.toNanos(builder.grace);
    this.maxConcurrent = builder.maxConcurrent;
    this.time = owner.timeSource();
    this.threads = new TaskThreads(time, builder.executor);
    this.scope = owner.withCancel();
  }

  /** A group that the first failure ends, with all defaults. */
  @MustBeClosed
  public static <T extends @Nullable Object> TaskGroup<T> open(Context owner) {
    return open(owner, Ending.FAIL_FAST);
  }

  /**
   * A group with all other defaults.
   *
   * @param owner whose end is the end of the group
   * @param ending when it is over
   */
  @MustBeClosed
  public static <T extends @Nullable Object> TaskGroup<T> open(Context owner, Ending ending) {
    return builder("group").ending(ending).open(owner);
  }

  /** Returns a builder with all defaults set. */
  public static Builder builder(String name) {
    return new Builder(SafeText.name(name));
  }

  // ---- forking

  /** Starts a task under the context of this group. See {@link #fork(String, ContextTask)}. */
  public <U extends T> Task<U> fork(ContextTask<? extends U> body) {
    return start(null, null, requireNonNull(body, "body"));
  }

  /**
   * Starts a task under the context of this group. If that has ended, the task never runs and is
   * cancelled or timed out from the start. If the given executor refuses, the task has failed with
   * its exception.
   *
   * @param name of the task, for results, messages and dumps
   * @throws IllegalStateException if the group has been joined or closed
   */
  public <U extends T> Task<U> fork(String name, ContextTask<? extends U> body) {
    return start(SafeText.of(requireNonNull(name, "name")), null, requireNonNull(body, "body"));
  }

  /**
   * Starts a task with a limit of its own. One that passes it is timed out; in a group that fails
   * fast this is a failure.
   *
   * @param name of the task, for results, messages and dumps
   * @param limit how long it may run, from its beginning
   * @throws IllegalStateException if the group has been joined or closed
   */
  public <U extends T> Task<U> fork(String name, Duration limit, ContextTask<? extends U> body) {
    return start(
        SafeText.of(requireNonNull(name, "name")),
        requireNonNull(limit, "limit"),
        requireNonNull(body, "body"));
  }

  private <U extends T> Task<U> start(
      @Nullable String name, @Nullable Duration limit, ContextTask<? extends U> body) {
    GroupTask<U> task = new GroupTask<>(this, name, limit, body);
    admit(task);
    if (scope.isDone()) {
      task.dismiss();
    } else if (maxConcurrent == Integer.MAX_VALUE) {
      start(task, task::execute);
    } else {
      waiting.add(task);
      startWaiting();
    }
    return task;
  }

  private void admit(GroupTask<? extends T> task) {
    remaining.incrementAndGet();
    while (true) {
      Object present = tasks;
      if (present instanceof Forked) {
        task.scope.close();
        leave();
        throw new IllegalStateException(
            this.name + ": fork after join or close (expected: before)");
      }
      task.previous = (GroupTask<?>) present;
      if (TASKS.compareAndSet(this, present, task)) {
        return;
      }
    }
  }

  /** Returns whether the task has got a thread; if not, it has ended. */
  private boolean start(GroupTask<? extends T> task, Runnable work) {
    try {
      threads.start(task.name(), work);
      return true;
    } catch (Throwable refused) {
      task.dismiss(TaskState.FAILED, refused);
      return false;
    }
  }

  /** Gives a thread to tasks that wait, as far as there are threads. */
  private void startWaiting() {
    while (!waiting.isEmpty()) {
      int taken = threadsTaken.get();
      if (taken >= maxConcurrent) {
        return;
      }
      if (threadsTaken.compareAndSet(taken, taken + 1)) {
        GroupTask<? extends T> next = waiting.poll();
        if (next == null || !start(next, () -> executeOneAfterTheOther(next))) {
          threadsTaken.decrementAndGet();
        }
      }
    }
  }

  private void executeOneAfterTheOther(GroupTask<? extends T> begin) {
    GroupTask<? extends T> task = begin;
    while (task != null) {
      task.execute();
      task = waiting.poll();
    }
    threadsTaken.decrementAndGet();
    // One that was added after the poll found nobody who would give up his place.
    startWaiting();
  }

  // ---- the end of tasks

  /** On the thread of a task, or of whoever ended it in its stead. */
  private void ended(GroupTask<? extends T> task) {
    task.endNumber = ends.incrementAndGet();
    task.failedItself = !task.isDone() && (task.state() == TaskState.FAILED || !scope.isDone());
    switch (ending) {
      case FAIL_FAST -> {
        if (task.failedItself && FIRST.compareAndSet(this, null, task)) {
          scope.cancel(requireNonNull(task.failure()));
        }
      }
      case FIRST_SUCCESS -> {
        if (task.isDone() && FIRST.compareAndSet(this, null, task)) {
          scope.cancel(CancelReason.SUPERSEDED);
        }
      }
      case COLLECT_ALL -> {
        if (task.isDone()) {
          FIRST.compareAndSet(this, null, task);
        }
      }
    }
    leave();
  }

  private void leave() {
    if (remaining.decrementAndGet() == 0) {
      wakeJoiner();
    }
  }

  private void wakeJoiner() {
    Thread waits = joiner;
    if (waits != null) {
      time.unpark(waits);
    }
  }

  /** A task was interrupted: sees to it that the joiner looks after it when its grace is over. */
  private void interrupted(long now) {
    if (lookAt == 0 && LOOK_AT.compareAndSet(this, 0L, moment(now + grace))) {
      wakeJoiner();
    }
  }

  private static long moment(long nanos) {
    return nanos == 0 ? 1 : nanos;
  }

  // ---- joining

  /**
   * Waits until the group is over and all its tasks have stopped.
   *
   * @return what became of the tasks
   * @throws TaskFailedException if the ending is {@link Ending#FAIL_FAST} and a task failed or
   *     passed its own limit, or {@link Ending#FIRST_SUCCESS} and all did
   * @throws ContextException if the context of the group ended before, except in a group that
   *     {@linkplain Ending#COLLECT_ALL collects all}
   * @throws InterruptedException if this thread is or was interrupted; the tasks are cancelled, and
   *     {@link #close} waits for them
   * @throws IllegalStateException if the group was joined before or is closed
   */
  public TaskResults<T> join() throws InterruptedException {
    Thread me = Thread.currentThread();
    if (!JOINER.compareAndSet(this, null, me)) {
      throw new IllegalStateException(name + ": joined or closed before (expected: once)");
    }
    List<GroupTask<? extends T>> all;
    do {
      if (!awaitTasks(true)) {
        scope.cancel(INTERRUPTED);
        throw new InterruptedException();
      }
      all = freeze();
    } while (remaining.get() > 0);
    return conclude(all);
  }

  /**
   * Waits until no task remains; dismisses what has not begun when the context ends, and gives up
   * what ignores its interrupt.
   *
   * @return false if the thread was interrupted and may be
   */
  private boolean awaitTasks(boolean interruptible) {
    if (remaining.get() == 0) {
      return !interruptible || !Thread.interrupted();
    }
    boolean wasInterrupted = false;
    boolean dismissed = false;
    Thread me = Thread.currentThread();
    try (Registration wakeUp = scope.onDone(() -> time.unpark(me))) {
      while (remaining.get() > 0) {
        if (!dismissed && scope.isDone()) {
          dismissWaiting();
          dismissed = true; // who forks from now on sees the end himself
        }
        long look = lookAt;
        if (look == 0) {
          parkUnlessDone(null);
        } else if (look - time.nanoTime() > 0) {
          parkUnlessDone(look);
        } else {
          abandonOverdue();
        }
        if (Thread.interrupted()) {
          if (interruptible) {
            return false;
          }
          wasInterrupted = true;
        }
      }
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return true;
  }

  private void parkUnlessDone(@Nullable Long until) {
    if (remaining.get() == 0) {
      return;
    }
    if (until == null) {
      time.park(this);
    } else {
      time.parkUntil(this, until);
    }
  }

  /** The context has ended: what has not begun never will. */
  private void dismissWaiting() {
    for (GroupTask<?> task = newest(); task != null; task = task.previous) {
      if (!task.hasBegun()) {
        task.dismiss();
      }
    }
  }

  /** Gives up what ran for a grace after its interrupt, and says when to look again. */
  private void abandonOverdue() {
    lookAt = 0;
    long now = time.nanoTime();
    long nearest = 0;
    for (GroupTask<?> task = newest(); task != null; task = task.previous) {
      if (task.isOverdue(now, grace)) {
        AbandonedTask place = task.abandon();
        if (place != null) {
          abandoned.add(place);
          SafeText.log(LOG, Level.WARNING, name + ": gave up a task", place.toThrowable());
        }
      } else if (task.isLingering()) {
        long due = task.interruptedAt() + grace;
        nearest = nearest == 0 || due - nearest < 0 ? moment(due) : nearest;
      }
    }
    if (nearest != 0) {
      LOOK_AT.compareAndSet(this, 0L, nearest);
    }
  }

  private @Nullable GroupTask<?> newest() {
    Object present = tasks;
    if (present instanceof Forked<?> forked) {
      List<? extends GroupTask<?>> list = forked.list();
      return list.isEmpty() ? null : list.get(list.size() - 1);
    }
    return (GroupTask<?>) present;
  }

  /** Lets no more tasks in. */
  @SuppressWarnings("unchecked") // only tasks of this group are in its list
  private List<GroupTask<? extends T>> freeze() {
    while (true) {
      Object present = tasks;
      if (present instanceof Forked<?> forked) {
        return ((Forked<T>) forked).list();
      }
      GroupTask<? extends T> newest = (GroupTask<? extends T>) present;
      List<GroupTask<? extends T>> inOrder = new ArrayList<>();
      for (GroupTask<?> task = newest; task != null; task = task.previous) {
        inOrder.add((GroupTask<? extends T>) task);
      }
      Collections.reverse(inOrder);
      Forked<T> all = new Forked<>(Collections.unmodifiableList(inOrder));
      if (TASKS.compareAndSet(this, present, all)) {
        return all.list();
      }
    }
  }

  private TaskResults<T> conclude(List<GroupTask<? extends T>> all) {
    GroupTask<? extends T> decided = first;
    TaskResults<T> results =
        new TaskResults<>(
            name,
            Collections.unmodifiableList(all),
            ending == Ending.FAIL_FAST ? null : decided,
            abandoned);
    return switch (ending) {
      case COLLECT_ALL -> results;
      case FAIL_FAST -> {
        if (results.isComplete()) {
          yield results;
        }
        throw decided == null ? ownersEnd(all) : failed(all, decided);
      }
      case FIRST_SUCCESS -> {
        if (decided != null) {
          yield results;
        }
        GroupTask<? extends T> last = lastFailure(all);
        if (last == null && !scope.isDone()) {
          throw new IllegalStateException(name + ": no task was forked (expected: >= 1)");
        }
        throw last == null || scope.isDone() ? ownersEnd(all) : failed(all, last);
      }
    };
  }

  private ContextException ownersEnd(List<GroupTask<? extends T>> all) {
    ContextException end = scope.toException();
    suppressFailures(end, all, null);
    return end;
  }

  private TaskFailedException failed(
      List<GroupTask<? extends T>> all, GroupTask<? extends T> decided) {
    Throwable failure = requireNonNull(decided.failure());
    TaskFailedException thrown = new TaskFailedException(name, decided.name(), failure);
    suppressFailures(thrown, all, decided);
    return thrown;
  }

  /** Failures of their own, not the ends that followed from the group's. */
  private void suppressFailures(
      Throwable thrown, List<GroupTask<? extends T>> all, @Nullable GroupTask<? extends T> but) {
    for (GroupTask<? extends T> task : all) {
      Throwable failure = task.failure();
      if (task != but && task.failedItself && failure != null) {
        Failures.suppress(thrown, failure);
      }
    }
    for (AbandonedTask place : abandoned) {
      Failures.suppress(thrown, place.toThrowable());
    }
  }

  private @Nullable GroupTask<? extends T> lastFailure(List<GroupTask<? extends T>> all) {
    GroupTask<? extends T> last = null;
    for (GroupTask<? extends T> task : all) {
      if (task.failedItself && (last == null || task.endNumber > last.endNumber)) {
        last = task;
      }
    }
    return last;
  }

  // ---- ending from outside

  /**
   * Cancels all tasks, and whatever is forked from now on.
   *
   * @param cause what their contexts show as the cause
   * @return whether this call ended the group
   */
  public boolean cancel(Throwable cause) {
    return scope.cancel(cause);
  }

  /**
   * The context of the group, above those of its tasks: ends when the group is over, or with its
   * owner's.
   */
  public Context context() {
    return scope;
  }

  /**
   * Ends the group: tasks that still run are cancelled with {@link CancelReason#CLOSED} and waited
   * for, at most as long as the grace. Not interruptible; an interrupt stays pending.
   */
  @Override
  public void close() {
    scope.cancel(CancelReason.CLOSED);
    if (remaining.get() > 0) {
      joiner = Thread.currentThread();
      awaitTasks(false);
    }
    freeze();
    scope.close();
  }

  @Override
  public String toString() {
    return name + ": " + forked + " tasks, " + remaining + " not ended";
  }

  /** A task of a group. */
  private static final class GroupTask<T extends @Nullable Object> extends TaskRun<T> {

    private final TaskGroup<? super T> group;
    private final @Nullable String name;
    private final int number;

    /** The one forked before. */
    @Nullable GroupTask<?> previous;

    /** Which of the ends in its group this was; published by the group's count. */
    int endNumber;

    /** Whether its end was no consequence of the group's. */
    boolean failedItself;

    @SuppressWarnings("MustBeClosed") // closed when the task ends
    GroupTask(
        TaskGroup<? super T> group,
        @Nullable String name,
        @Nullable Duration limit,
        ContextTask<? extends T> body) {
      super(group.scope.withCancel(), limit, body);
      this.group = group;
      this.name = name;
      this.number = group.forked.incrementAndGet();
    }

    @Override
    public String name() {
      return name == null ? "task-" + number : name;
    }

    @Override
    void onEnd() {
      group.ended(this);
    }

    @Override
    void onInterrupt(long now) {
      group.interrupted(now);
    }
  }

  /** Builds a {@link TaskGroup}. Not thread-safe. */
  public static final class Builder {

    private final String name;
    private Ending ending = Ending.FAIL_FAST;
    private Duration grace = Duration.ofMillis(100);
    private int maxConcurrent = Integer.MAX_VALUE;
    private @Nullable Executor executor;

    private Builder(String name) {
      this.name = name;
    }

    /** When the group is over. Default: {@link Ending#FAIL_FAST}. */
    public Builder ending(Ending newEnding) {
      ending = requireNonNull(newEnding, "ending");
      return this;
    }

    /**
     * How long a task may go on after its interrupt before it is given up. Default: 100 ms.
     *
     * @param newGrace not negative
     */
    public Builder grace(Duration newGrace) {
      grace = Durations.requireNotNegative(newGrace, "grace");
      return this;
    }

    /**
     * How many tasks run at once. Default: all.
     *
     * @param newMaxConcurrent at least 1
     */
    public Builder maxConcurrent(int newMaxConcurrent) {
      maxConcurrent = Arguments.requireAtLeastOne(newMaxConcurrent, "maxConcurrent");
      return this;
    }

    /** Runs the tasks. Default: the executor of the time source, a thread for each task. */
    public Builder executor(Executor newExecutor) {
      executor = requireNonNull(newExecutor, "executor");
      return this;
    }

    /**
     * Opens a group; close it.
     *
     * @param owner whose end is the end of the group
     */
    @MustBeClosed
    public <T extends @Nullable Object> TaskGroup<T> open(Context owner) {
      return new TaskGroup<>(this, requireNonNull(owner, "owner"));
    }
  }
}
