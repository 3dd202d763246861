package dev.resilience.page;

import dev.resilience.concurrent.PoolListener;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.TaskState;
import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The tasks of a worker pool that have ended of late, for the page: make it the listener of the
 * pool.
 *
 * <pre>{@code
 * TaskHistory ended = new TaskHistory();
 * WorkerPool pool = WorkerPool.builder("tasks").listener(ended).open(process);
 * page.show(Panels.pool(pool, ended));
 * }</pre>
 *
 * <p>Keeps names and figures, never a result. Thread-safe.
 */
public final class TaskHistory implements PoolListener {

  private static final int KEPT = 20;
  private static final int LONGEST_NAME = 80;

  /** A task that has ended, in words. */
  record Row(Status status, List<String> texts) {

    String[] cells() {
      return texts.toArray(String[]::new);
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Deque<Row> rows = new ArrayDeque<>();

  /** An empty history. */
  public TaskHistory() {}

  @Override
  public void onEnded(PoolTask<?> task) {
    Row row = new Row(status(task), List.of(cells(task)));
    lock.lock();
    try {
      rows.addFirst(row);
      if (rows.size() > KEPT) {
        rows.removeLast();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The last that ended first. */
  List<Row> rows() {
    lock.lock();
    try {
      return List.copyOf(rows);
    } finally {
      lock.unlock();
    }
  }

  static Status status(PoolTask<?> task) {
    TaskState state = task.state();
    if (state == TaskState.FAILED || state == TaskState.TIMED_OUT) {
      return Status.BAD;
    }
    return state == TaskState.CANCELLED || state == TaskState.DROPPED ? Status.WARNING : Status.OK;
  }

  static String[] cells(PoolTask<?> task) {
    return new String[] {
      Long.toString(task.id()),
      SafeText.of(task.name(), LONGEST_NAME),
      task.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
      String.format(Locale.ROOT, "%.0f %%", task.progress().percent()),
      task.state() == TaskState.QUEUED
          ? "waits " + DurationText.of(task.waited())
          : DurationText.of(task.ran()),
      Integer.toString(task.priority())
    };
  }
}
