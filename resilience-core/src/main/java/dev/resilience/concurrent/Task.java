package dev.resilience.concurrent;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A task that was handed over, and what became of it.
 *
 * <p>Thread-safe. What the task did happens-before whatever follows on a thread that has seen its
 * end by any method of this interface.
 *
 * @param <T> the type of the result
 */
public interface Task<T extends @Nullable Object> {

  /** The name that it was given, or {@code task-} and its number. */
  String name();

  /** Where it stands. */
  TaskState state();

  /** Whether it has ended. */
  default boolean isEnded() {
    return state().isEnd();
  }

  /** Whether it returned a result. */
  default boolean isDone() {
    return state() == TaskState.DONE;
  }

  /**
   * The result.
   *
   * @throws IllegalStateException if the task is not {@link TaskState#DONE}, with its failure as
   *     the cause
   */
  T result();

  /** The result, or another one if the task is not {@link TaskState#DONE}. */
  T resultOr(T other);

  /** Why it has no result: what it threw, or the end of its context. Null if done or not ended. */
  @Nullable Throwable failure();

  /** How long it ran, until its end or now; zero before it began. */
  Duration ran();

  /** How long it was allowed to run when it began, where there was a deadline. */
  Optional<Duration> timeAllowed();

  /**
   * Cancels this task alone. One that has not begun never will; one that runs is interrupted.
   *
   * @param cause what its context shows as the cause
   * @return whether this call did it: false if the task or its context had ended before
   */
  boolean cancel(Throwable cause);
}
