package dev.resilience.timeout;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Next;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Puts limits around calls, in the mode that was chosen, and keeps the account. Thread-safe. */
final class TimeLimiter {

  private final String name;
  private final @Nullable Workers workers;
  private final TimeoutCounters overdue;

  /**
   * An enforcer.
   *
   * @param workers of the isolated mode; null: the work runs on the caller's thread
   */
  TimeLimiter(String name, @Nullable Workers workers, TimeoutCounters overdue) {
    this.name = name;
    this.workers = workers;
    this.overdue = overdue;
  }

  String name() {
    return name;
  }

  TimeoutCounters overdue() {
    return overdue;
  }

  int stillRunning() {
    return overdue.stillRunning();
  }

  long abandonedCount() {
    return overdue.abandonedCount();
  }

  <T extends @Nullable Object, X extends Throwable> T call(
      Duration limit, @Nullable AttemptListener gauge, Context ctx, Next next, Call<T, X> work)
      throws X {
    return workers == null
        ? new SyncAttempt<>(this, limit, gauge, ctx, work).call(next)
        : new IsolatedAttempt<>(this, limit, gauge, ctx, next, work).call(workers);
  }

  <T extends @Nullable Object> CompletionStage<T> callAsync(
      Duration limit, @Nullable AttemptListener gauge, Context ctx, Next next, AsyncCall<T> work) {
    return new AsyncAttempt<>(this, limit, gauge, ctx, work).start(next);
  }

  String describe(String limit) {
    return name + " (" + limit + (workers == null ? "" : ", isolated") + ")";
  }
}
