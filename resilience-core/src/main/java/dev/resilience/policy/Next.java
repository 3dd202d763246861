package dev.resilience.policy;

import dev.resilience.context.Context;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The rest of a stack, as seen from one of its policies. Built once with the stack; holds nothing
 * of a call, so calling it allocates nothing. Immutable.
 */
public final class Next {

  private final ContextPolicy policy;
  private final Next rest;

  private Next(ContextPolicy policy, @Nullable Next rest) {
    this.policy = policy;
    this.rest = rest == null ? this : rest;
  }

  /** The links of a stack; the last one does the work. */
  static Next of(ContextPolicy[] outermostFirst, WorkInvoker innermost) {
    Next next = new Next(innermost, null);
    for (int i = outermostFirst.length - 1; i >= 0; i--) {
      next = new Next(outermostFirst[i], next);
    }
    return next;
  }

  /** Calls what is inside, on this thread. */
  public <T extends @Nullable Object, X extends Throwable> T call(Context ctx, Call<T, X> work)
      throws X {
    return policy.call(ctx, rest, work);
  }

  /**
   * Calls what is inside without blocking. Never throws, never null, also if a policy breaks its
   * contract: then it is a stage that failed.
   */
  public <T extends @Nullable Object> CompletionStage<T> callAsync(Context ctx, AsyncCall<T> work) {
    try {
      CompletionStage<T> stage = policy.callAsync(ctx, rest, work);
      return stage != null
          ? stage
          : CompletableFuture.failedFuture(
              new NullPointerException("a policy returned null (expected: a CompletionStage)"));
    } catch (Throwable failure) {
      return CompletableFuture.failedFuture(failure);
    }
  }

  /** The shortest {@link ContextPolicy#timeout} of the policies inside, if any of them has one. */
  public Optional<Duration> timeout() {
    Optional<Duration> shortest = Optional.empty();
    for (Next link = this; !(link.policy instanceof WorkInvoker); link = link.rest) {
      Optional<Duration> own = link.policy.timeout();
      if (own.isPresent() && (shortest.isEmpty() || own.get().compareTo(shortest.get()) < 0)) {
        shortest = own;
      }
    }
    return shortest;
  }
}
