package dev.resilience.load;

import dev.resilience.context.Context;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.PolicyRole;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A throttle by acceptance, for comparison: drops calls at random with a probability of (requests -
 * k accepted) / (requests + 1), at most {@code most}, over the last two seconds (Google, "Site
 * Reliability Engineering", chapter 21). Not part of the library; docs/overload.md says why.
 */
final class Throttle implements ContextPolicy {

  private static final long SLICE = 500_000_000L;
  private static final int SLICES = 4;

  /** Below so many calls in the window nothing is dropped. */
  private static final int FLOOR = 20;

  private final double k;
  private final double most;
  private final AtomicIntegerArray requests = new AtomicIntegerArray(SLICES);
  private final AtomicIntegerArray accepted = new AtomicIntegerArray(SLICES);
  private final AtomicLong slice = new AtomicLong();

  Throttle(double k, double most) {
    this.k = k;
    this.most = most;
  }

  @Override
  public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
    int at = admit(ctx);
    T result = next.call(ctx, work);
    accepted.incrementAndGet(at);
    return result;
  }

  @Override
  public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
    int at;
    try {
      at = admit(ctx);
    } catch (ConcurrencyLimitExceededException dropped) {
      return CompletableFuture.failedFuture(dropped);
    }
    return next.callAsync(ctx, work)
        .thenApply(
            result -> {
              accepted.incrementAndGet(at);
              return result;
            });
  }

  private int admit(Context ctx) {
    long now = ctx.timeSource().nanoTime() / SLICE;
    long before = slice.getAndSet(now);
    for (long passed = Math.max(before + 1, now - SLICES + 1); passed <= now; passed++) {
      requests.set(Math.floorMod(passed, SLICES), 0);
      accepted.set(Math.floorMod(passed, SLICES), 0);
    }
    int all = 0;
    int good = 0;
    for (int i = 0; i < SLICES; i++) {
      all += requests.get(i);
      good += accepted.get(i);
    }
    int at = Math.floorMod(now, SLICES);
    requests.incrementAndGet(at);
    double dropped = all < FLOOR ? 0 : Math.min(most, (all - k * good) / (all + 1));
    if (ctx.timeSource().random().nextDouble() < dropped) {
      throw new ConcurrencyLimitExceededException("throttle");
    }
    return at;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.BREAKER;
  }
}
