package dev.resilience.policy;

import dev.resilience.context.Context;
import dev.resilience.context.InterruptListener;
import org.jspecify.annotations.Nullable;

/**
 * Work done for a caller, on the caller's thread.
 *
 * @param <T> its result
 * @param <X> the one checked type it throws; a lambda that throws several unrelated ones infers
 *     {@code Exception}, one that throws none infers {@code RuntimeException}
 */
@FunctionalInterface
public interface Call<T extends @Nullable Object, X extends Throwable> extends InterruptListener {

  /**
   * Does the work. May be called several times, and by several threads if the policies say so.
   *
   * @param ctx the context of this attempt: pass it on, not the one from outside
   * @throws InterruptedException may pass: the caller of the stack gets the end of its context
   *     instead, or a {@link dev.resilience.error.CallInterruptedException}
   */
  T call(Context ctx) throws X, InterruptedException;
}
