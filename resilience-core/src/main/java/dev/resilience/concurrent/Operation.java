package dev.resilience.concurrent;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An operation that was started by name.
 *
 * @param <T> the type of the result
 */
public interface Operation<T extends @Nullable Object> extends Task<T> {

  /** The time since it was started. */
  Duration age();

  /** The time until its deadline, as {@link Context#timeLeft}. */
  Duration timeLeft();

  /**
   * Waits for the result, until a context ends at the latest; the operation is left alone then.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first
   * @throws ExecutionException if the operation ended without a result, with its {@link #failure}
   *     as the cause
   * @throws InterruptedException if this thread is or was interrupted
   */
  T await(Context ctx) throws InterruptedException, ExecutionException;
}
