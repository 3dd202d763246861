package dev.resilience.concurrent;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A task that a {@link WorkerPool} has accepted.
 *
 * @param <T> the type of the result
 */
public interface PoolTask<T extends @Nullable Object> extends Task<T> {

  /** Its number in the pool, from 1, in the order of submission. */
  long id();

  /** Its priority, 1 the most urgent. */
  int priority();

  /** How far it has come; stays when it has ended. */
  Progress progress();

  /** How long it waited for its first attempt, until now if it still does. */
  Duration waited();

  /** How many attempts have begun. */
  int attempts();

  /** The task under whose context it was submitted, if that is of the same pool. */
  Optional<PoolTask<?>> parent();

  /** The tasks that were submitted under its context and have not ended. */
  List<PoolTask<?>> children();

  /**
   * A stage that completes when the task ends: with its result, or with its {@link #failure}. It
   * cannot be completed from outside. Dependents run on the worker.
   */
  CompletionStage<T> stage();

  /**
   * Waits for the result, until a context ends at the latest; the task is left alone then. Within a
   * task of the same pool this may wait for a worker that never comes free.
   *
   * @throws dev.resilience.context.ContextException if {@code ctx} ends first
   * @throws ExecutionException if the task ended without a result, with its {@link #failure} as the
   *     cause
   * @throws InterruptedException if this thread is or was interrupted
   */
  T await(Context ctx) throws InterruptedException, ExecutionException;
}
