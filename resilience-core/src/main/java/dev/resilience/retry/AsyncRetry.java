package dev.resilience.retry;

import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
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

  private final Retry retry;
  private final Context ctx;
  private final Next next;
  private final AsyncCall<T> work;
  private final long begun;
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private final AtomicInteger signals = new AtomicInteger();

  // Written before a signal and read after it, and so by one thread at a time.
  private @Nullable RetrySession state;
  private boolean inBackoff;
  private @Nullable T result;
  private @Nullable Throwable failure;

  private AsyncRetry(Retry retry, Context ctx, Next next, AsyncCall<T> work, long begun) {
    this.begun = begun;
    this.retry = retry;
    this.ctx = ctx;
    this.next = next;
    this.work = work;
  }

  static <T extends @Nullable Object> CompletionStage<T> start(
      Retry retry, Context ctx, Next next, AsyncCall<T> work) {
    long begun = retry.startOfFirst(ctx);
    CompletionStage<T> first = next.callAsync(ctx, work);
    if (first instanceof CompletableFuture<T> done && isGood(retry, done)) {
      retry.succeeded(ctx, begun);
      return done;
    }
    AsyncRetry<T> attempts = new AsyncRetry<>(retry, ctx, next, work, begun);
    attempts.attemptIsUnderWay(first);
    return attempts.answer;
  }

  /** The happy path: nothing is allocated. A classifier that fails is met again, and reported. */
  private static boolean isGood(Retry retry, CompletableFuture<?> done) {
    if (!done.isDone() || done.isCompletedExceptionally()) {
      return false;
    }
    try {
      return retry.judgeResult(done.join()) == Verdict.SUCCESS;
    } catch (RuntimeException brokenRule) {
      return false;
    }
  }

  private void attemptIsUnderWay(CompletionStage<T> attempt) {
    // Not whenComplete: its stage would wrap each failure once more, with a trace, for nobody.
    attempt.handle(
        (value, thrown) -> {
          ended(false, value, thrown);
          return null;
        });
  }

  private void ended(boolean backoff, @Nullable T value, @Nullable Throwable thrown) {
    inBackoff = backoff;
    result = value;
    failure = thrown == null ? null : Failures.unwrap(thrown);
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
    if (answer.isDone()) {
      return;
    }
    if (!inBackoff) {
      afterAttempt(result, failure);
    } else if (failure == null) {
      if (state != null) {
        state.begins();
      }
      attemptIsUnderWay(next.callAsync(ctx, work));
    } else {
      answer.completeExceptionally(afterBackoff(failure));
    }
  }

  private Throwable afterBackoff(Throwable end) {
    if (state == null) {
      return end;
    }
    return ctx.isDone() ? state.endedInBackoff(ctx.toException()) : state.brokenInBackoff(end);
  }

  @SuppressWarnings("NullAway") // a null result is one that T allows
  private void afterAttempt(@Nullable T value, @Nullable Throwable thrown) {
    if (state == null) {
      if (thrown == null && retry.judgeResult(value) == Verdict.SUCCESS) {
        retry.succeeded(ctx, begun);
        answer.complete(value);
        return;
      }
      state = retry.startedFor(ctx, begun);
    }
    Duration delay = thrown != null ? state.delayAfter(thrown) : state.delayAfterResult(value);
    if (delay != null) {
      ctx.delay(delay).whenComplete((nothing, end) -> ended(true, null, end));
    } else if (thrown != null) {
      answer.completeExceptionally(thrown);
    } else {
      answer.complete(value);
    }
  }
}
