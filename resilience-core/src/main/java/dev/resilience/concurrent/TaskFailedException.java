package dev.resilience.concurrent;

import dev.resilience.error.ResilienceException;
import dev.resilience.text.SafeText;

/**
 * A task of a group failed, and with it the group. {@link #getCause} is the failure as the task
 * threw it; failures of other tasks are suppressed, and so are the places of tasks that ignore
 * their interrupt.
 */
public final class TaskFailedException extends ResilienceException {

  private static final long serialVersionUID = 1L;

  private final String task;

  TaskFailedException(String group, String task, Throwable cause) {
    super(group + ": " + task + " failed: " + SafeText.of(cause), cause);
    this.task = task;
  }

  /** The name of the task. */
  public String task() {
    return task;
  }
}
