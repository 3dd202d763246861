package dev.resilience.benchmarks;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import dev.failsafe.Bulkhead;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.Permit;
import dev.resilience.policy.Call;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** A call that is let in by a concurrency limit, and one that is refused. */
@State(Scope.Benchmark)
public class ConcurrencyLimits {

  private static final int PERMITS = 20;

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final Resilience fixed = Resilience.of(ConcurrencyLimit.of(PERMITS));
  private final Resilience adaptive = Resilience.of(ConcurrencyLimit.adaptive("service").build());
  private final ConcurrencyLimit full = ConcurrencyLimit.of(1);
  private final Permit taken = full.tryAcquire().orElseThrow();
  private final Resilience refusing = Resilience.of(full);
  private final Bulkhead<Object> failsafe = Bulkhead.of(PERMITS);

  private final Limiter<Void> netflix =
      SimpleLimiter.newBuilder()
          .limit(WindowedLimit.newBuilder().build(Gradient2Limit.newDefault()))
          .build();

  @Benchmark
  public Object fixed() {
    return fixed.call(ctx, work);
  }

  @Benchmark
  @Threads(2)
  public Object fixedOnTwoThreads() {
    return fixed.call(ctx, work);
  }

  @Benchmark
  public Object adaptive() {
    return adaptive.call(ctx, work);
  }

  @Benchmark
  @Threads(2)
  public Object adaptiveOnTwoThreads() {
    return adaptive.call(ctx, work);
  }

  @Benchmark
  public Object refused() {
    try {
      return refusing.call(ctx, work);
    } catch (ConcurrencyLimitExceededException refused) {
      return taken;
    }
  }

  /** Netflix's, by hand: it takes no work. */
  @Benchmark
  public Object netflix() {
    return underNetflix();
  }

  @Benchmark
  @Threads(2)
  public Object netflixOnTwoThreads() {
    return underNetflix();
  }

  private Object underNetflix() {
    Limiter.Listener listener = netflix.acquire(null).orElseThrow();
    listener.onSuccess();
    return answer;
  }

  /** Failsafe's, without its executor. */
  @Benchmark
  public Object failsafe() {
    return underFailsafe();
  }

  @Benchmark
  @Threads(2)
  public Object failsafeOnTwoThreads() {
    return underFailsafe();
  }

  private Object underFailsafe() {
    if (failsafe.tryAcquirePermit()) {
      failsafe.releasePermit();
    }
    return answer;
  }
}
