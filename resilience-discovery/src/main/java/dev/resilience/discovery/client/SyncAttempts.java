package dev.resilience.discovery.client;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import org.jspecify.annotations.Nullable;

/** The attempts of one call, on the caller's thread. */
final class SyncAttempts<T extends @Nullable Object, X extends Throwable> extends Attempts
    implements Call<T, X> {

  private final Calls calls;
  private final Resilience perAttempt;
  private final InstanceCall<T, X> work;

  SyncAttempts(Calls calls, Resilience perAttempt, InstanceCall<T, X> work) {
    this.calls = calls;
    this.perAttempt = perAttempt;
    this.work = work;
  }

  @Override
  public T call(Context ctx) throws X {
    calls.known(ctx);
    Attempt attempt = calls.begin(ctx, this);
    try {
      T result = work(ctx, attempt);
      attempt.succeeded(result);
      return result;
    } finally {
      attempt.ended();
    }
  }

  private T work(Context ctx, Attempt attempt) throws X {
    try {
      return perAttempt.call(ctx, c -> work.call(c, attempt.instance));
    } catch (Throwable failure) {
      attempt.failed(failure);
      throw failure;
    }
  }
}
