package dev.resilience.discovery.client;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.AsyncCall;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The attempts of one call that does not block. */
final class AsyncAttempts<T extends @Nullable Object> extends Attempts implements AsyncCall<T> {

  private final Calls calls;
  private final Resilience perAttempt;
  private final AsyncInstanceCall<T> work;

  AsyncAttempts(Calls calls, Resilience perAttempt, AsyncInstanceCall<T> work) {
    this.calls = calls;
    this.perAttempt = perAttempt;
    this.work = work;
  }

  @Override
  public CompletionStage<T> call(Context ctx) {
    if (!calls.isPending()) {
      return attempt(ctx);
    }
    return calls
        .waiting(ctx)
        .handle(
            (nothing, failure) -> {
              if (failure != null) {
                throw calls.notKnown(Failures.unwrap(failure));
              }
              return attempt(ctx);
            })
        .thenCompose(stage -> stage);
  }

  private CompletionStage<T> attempt(Context ctx) {
    Attempt attempt = calls.begin(ctx, this);
    CompletableFuture<T> answer = new CompletableFuture<>();
    perAttempt
        .callAsync(ctx, c -> work.call(c, attempt.instance))
        .whenComplete(
            (result, failure) -> {
              Throwable raw = failure == null ? null : Failures.unwrap(failure);
              try {
                if (raw == null) {
                  attempt.succeeded(result);
                } else {
                  attempt.failed(raw);
                }
              } catch (Throwable brokenRule) {
                raw = brokenRule;
              } finally {
                attempt.ended();
              }
              if (raw == null) {
                answer.complete(result);
              } else {
                answer.completeExceptionally(raw);
              }
            });
    return answer;
  }
}
