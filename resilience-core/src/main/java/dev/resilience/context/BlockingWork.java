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
public interface BlockingWork<T extends @Nullable Object, X extends Throwable>
    extends InterruptListener {

  /** Does the work. */
  T run() throws X;
}
