package dev.resilience.concurrent;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What became of the tasks of a group, in the order in which they were forked. Immutable.
 *
 * @param <T> the common type of the results
 */
public final class TaskResults<T extends @Nullable Object> {

  private final String group;
  private final List<Task<? extends T>> tasks;
  private final @Nullable Task<? extends T> winner;
  private final List<AbandonedTask> abandoned;

  TaskResults(
      String group,
      List<Task<? extends T>> tasks,
      @Nullable Task<? extends T> winner,
      List<AbandonedTask> abandoned) {
    this.group = group;
    this.tasks = tasks;
    this.winner = winner;
    this.abandoned = List.copyOf(abandoned);
  }

  /** All tasks. Each of them has ended. */
  public List<Task<? extends T>> tasks() {
    return tasks;
  }

  /** The results of those that are done. */
  public List<T> results() {
    List<T> results = new ArrayList<>(tasks.size());
    for (Task<? extends T> task : tasks) {
      if (task.isDone()) {
        results.add(task.result());
      }
    }
    return Collections.unmodifiableList(results);
  }

  /**
   * The result that came first.
   *
   * @throws IllegalStateException if no task is done
   */
  public T first() {
    return Objects.requireNonNullElseGet(winner, this::nobody).result();
  }

  private Task<? extends T> nobody() {
    throw new IllegalStateException(group + ": no task is done (expected: >= 1)");
  }

  /** Whether all tasks are done. */
  public boolean isComplete() {
    return count(TaskState.DONE) == tasks.size();
  }

  /** How many tasks ended in this way. */
  public int count(TaskState state) {
    Objects.requireNonNull(state, "state");
    int count = 0;
    for (Task<? extends T> task : tasks) {
      if (task.state() == state) {
        count++;
      }
    }
    return count;
  }

  /** The tasks that were given up because they ignore their interrupt, with their places. */
  public List<AbandonedTask> abandoned() {
    return abandoned;
  }

  /** How many tasks ended how. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(group).append(": ").append(tasks.size());
    String separator = " tasks, ";
    for (TaskState state : TaskState.values()) {
      int count = count(state);
      if (count > 0) {
        text.append(separator).append(count).append(' ').append(words(state));
        separator = ", ";
      }
    }
    return text.toString();
  }

  private static String words(TaskState state) {
    return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
