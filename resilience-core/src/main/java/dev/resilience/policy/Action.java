package dev.resilience.policy;

import dev.resilience.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Work without a result, done for a caller on the caller's thread. It is a {@link Call} whose
 * result is always null, so that running it through a stack allocates nothing.
 *
 * @param <X> the one checked type it throws
 */
@FunctionalInterface
public interface Action<X extends Throwable> extends Call<@Nullable Void, X> {

  /**
   * Does the work. May be called several times.
   *
   * @param ctx the context of this attempt: pass it on, not the one from outside
   */
  void run(Context ctx) throws X, InterruptedException;

  /** As {@link #run}. */
  @Override
  @SuppressWarnings("NullAway") // reads the type argument of Call as not null
  default @Nullable Void call(Context ctx) throws X, InterruptedException {
    run(ctx);
    return null;
  }
}
