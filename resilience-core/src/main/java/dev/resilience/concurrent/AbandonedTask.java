package dev.resilience.concurrent;

import dev.resilience.text.DurationText;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A task that ignored its interrupt for longer than the grace: nobody waits for it any more, but it
 * still had a thread when this was made. Immutable.
 */
public final class AbandonedTask {

  private final String name;
  private final Duration ran;
  private final List<StackTraceElement> stack;

  AbandonedTask(String name, Duration ran, @Nullable Thread worker) {
    this.name = SafeText.of(Objects.requireNonNull(name, "name"));
    this.ran = ran;
    this.stack = worker == null ? List.of() : List.of(worker.getStackTrace());
  }

  /** The name of the task. */
  public String name() {
    return name;
  }

  /** How long it had been running. */
  public Duration ran() {
    return ran;
  }

  /** Where it stood, innermost frame first. Empty if it ended at just this moment. */
  public List<StackTraceElement> stack() {
    return stack;
  }

  /** The same as an exception that can be logged: its stack trace is that of the task's thread. */
  public Throwable toThrowable() {
    return new Standing(this);
  }

  /** Its name, how long it ran, and where it stands. */
  @Override
  public String toString() {
    return name
        + " ignores its interrupt after "
        + DurationText.of(ran)
        + (stack.isEmpty() ? "" : ", at " + stack.get(0));
  }

  /** No failure; a place. */
  private static final class Standing extends Exception {

    private static final long serialVersionUID = 1L;

    Standing(AbandonedTask task) {
      super(task.name + " ignores its interrupt after " + DurationText.of(task.ran));
      setStackTrace(task.stack.toArray(new StackTraceElement[0]));
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
    }
  }
}
