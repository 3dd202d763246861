package dev.resilience.context;

import org.jspecify.annotations.Nullable;

/**
 * Work that blocks and knows nothing of contexts.
 *
 * @param <T> its result
 * @param <X> the one checked type it throws; work that throws several unrelated ones infers {@code
 *     Exception}
 */
@FunctionalInterface
public interface BlockingWork<T extends @Nullable Object, X extends Throwable> {

  /** Does the work. */
  T run() throws X;

  /**
   * Told when the thread of this work has just been interrupted because its context ended; comes
   * before {@link Context#interruptibly} returns. Runs on the thread that ended the context, or on
   * the timer thread: count something, and no more.
   */
  default void interrupted() {}
}
