package dev.resilience.jfr;

import dev.resilience.context.Context;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Stands inside of all policies of a stack and writes each attempt into the recording. */
record RecordedAttempts(String name) implements ContextPolicy {

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      Context ctx, Next next, Call<T, X> work) throws X {
    AttemptEvent event = new AttemptEvent();
    return event.isEnabled() ? recorded(event, ctx, next, work) : next.call(ctx, work);
  }

  private <T extends @Nullable Object, X extends Throwable> T recorded(
      AttemptEvent event, Context ctx, Next next, Call<T, X> work) throws X {
    event.begin();
    T result;
    try {
      result = next.call(ctx, work);
    } catch (Throwable failure) {
      ended(event, ctx, failure);
      throw failure;
    }
    ended(event, ctx, null);
    return result;
  }

  @Override
  public <T extends @Nullable Object> CompletionStage<T> callAsync(
      Context ctx, Next next, AsyncCall<T> work) {
    AttemptEvent event = new AttemptEvent();
    if (!event.isEnabled()) {
      return next.callAsync(ctx, work);
    }
    event.begin();
    CompletableFuture<T> told = new CompletableFuture<>();
    var unused =
        next.callAsync(ctx, work)
            .handle(
                (result, failure) -> {
                  Throwable raw = raw(failure);
                  ended(event, ctx, raw);
                  if (raw == null) {
                    told.complete(result);
                  } else {
                    told.completeExceptionally(raw);
                  }
                  return null;
                });
    return told;
  }

  private static @Nullable Throwable raw(@Nullable Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private void ended(AttemptEvent event, Context ctx, @Nullable Throwable failure) {
    event.end();
    if (event.shouldCommit()) {
      event.of(ctx);
      event.policy = ResilienceEvent.text(name);
      event.failure = ResilienceEvent.type(failure);
      event.abandoned = ctx.isDone();
      event.commit();
    }
  }

  @Override
  public String toString() {
    return "recorded attempts '" + name + "'";
  }
}
