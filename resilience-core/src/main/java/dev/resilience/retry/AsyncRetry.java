package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Next;
import dev.resilience.stage.Stages;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of a call that does not block. One thing is under way at a time, an attempt or a
 * delay, and its end is a signal. A signal that comes while the previous one is still being dealt
 * with (the stage had completed already) is left to the loop further down the stack: any number of
 * immediate attempts needs one frame.
 */
final class AsyncRetry<T extends @Nullable Object> {

  private final RetryConfig config;
  private final Context ctx;
  private final Next next;
  private final AsyncCall<T> work;
  private final long start;
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private final AtomicInteger signals = new AtomicInteger();

  // Written before a signal and read after it, and so by one thread at a time.
  private @Nullable RetrySession session;
  private boolean inBackoff;
  private @Nullable T result;
  private @Nullable Throwable failure;

  private AsyncRetry(RetryConfig config, Context ctx, Next next, AsyncCall<T> work, long start) {
    this.config = config;
    this.ctx = ctx;
    this.next = next;
    this.work = work;
    this.start = start;
  }

  static <T extends @Nullable Object> CompletionStage<T> call(
      RetryConfig config, Context ctx, Next next, AsyncCall<T> work) {
    long start = config.startOfFirst(ctx);
    CompletionStage<T> first = next.callAsync(ctx, work);
    CompletableFuture<T> done = Stages.completed(first);
    if (done != null && !done.isCompletedExceptionally() && config.isGood(done.join())) {
      // The happy path: nothing is allocated.
      config.firstSucceeded(ctx, start);
      return done;
    }
    AsyncRetry<T> attempts = new AsyncRetry<>(config, ctx, next, work, start);
    attempts.watchAttempt(first);
    return attempts.answer;
  }

  private void watchAttempt(CompletionStage<T> attempt) {
    Stages.watch(attempt, answer, (value, thrown) -> ended(false, value, thrown));
  }

  private void ended(boolean backoff, @Nullable T value, @Nullable Throwable thrown) {
    inBackoff = backoff;
    result = value;
    failure = thrown;
    if (signals.getAndIncrement() > 0) {
      return;
    }
    do {
      try {
        goOn();
      } catch (Throwable broken) {
        answer.completeExceptionally(broken);
      }
    } while (signals.decrementAndGet() > 0);
  }

  private void goOn() {
    if (!inBackoff) {
      afterAttempt(result, failure);
    } else if (session != null) {
      afterBackoff(session, failure);
    }
  }

  private void afterBackoff(RetrySession state, @Nullable Throwable end) {
    if (end == null) {
      state.begins();
      watchAttempt(next.callAsync(ctx, work));
    } else if (ctx.isDone()) {
      answer.completeExceptionally(state.endedInBackoff(ctx.toException()));
    } else {
      state.backoffFailed(end);
      answer.completeExceptionally(end);
    }
  }

  @SuppressWarnings("NullAway") // a null result is one that T allows
  private void afterAttempt(@Nullable T value, @Nullable Throwable thrown) {
    RetrySession state = session;
    if (state == null) {
      if (thrown == null && config.isGood(value)) {
        config.firstSucceeded(ctx, start);
        answer.complete(value);
        return;
      }
      state = new RetrySession(config, ctx, start);
      session = state;
    }
    Duration delay = state.delayAfter(value, thrown);
    if (delay == null) {
      Stages.complete(answer, value, thrown);
      return;
    }
    CompletionStage<?> backoff;
    try {
      backoff = ctx.delay(delay);
    } catch (Throwable broken) {
      ended(true, null, broken);
      return;
    }
    Stages.watch(backoff, answer, (nothing, end) -> ended(true, null, end));
  }
}
