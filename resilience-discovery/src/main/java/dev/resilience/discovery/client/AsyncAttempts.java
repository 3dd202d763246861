package dev.resilience.discovery.client;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.Failures;
import dev.resilience.policy.AsyncCall;
import dev.resilience.stage.Stages;
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
    Stages.watch(
        perAttempt.callAsync(ctx, c -> work.call(c, attempt.instance)),
        answer,
        (result, failure) -> {
          Throwable thrown = failure;
          try {
            if (thrown == null) {
              attempt.succeeded(result);
            } else {
              attempt.failed(thrown);
            }
          } catch (Throwable brokenRule) {
            thrown = brokenRule;
          } finally {
            attempt.ended();
          }
          Stages.complete(answer, result, thrown);
        });
    return answer;
  }
}
