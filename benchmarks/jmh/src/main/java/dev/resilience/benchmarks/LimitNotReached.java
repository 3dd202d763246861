package dev.resilience.benchmarks;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.Timeout;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** A limit that would interrupt the work, which is done long before. */
@State(Scope.Benchmark)
public class LimitNotReached {

  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final Context ctx = Context.background();
  private final Resilience ours = Resilience.of(FixedTimeout.of(LIMIT));
  private final FailsafeExecutor<Object> failsafe =
      Failsafe.with(Timeout.builder(LIMIT).withInterrupt().build());
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final CheckedSupplier<Object> theirWork = () -> answer;

  @Benchmark
  public Object ours() {
    return ours.call(ctx, work);
  }

  @Benchmark
  @Threads(2)
  public Object oursOnTwoThreads() {
    return ours.call(ctx, work);
  }

  @Benchmark
  public Object failsafe() {
    return failsafe.get(theirWork);
  }

  @Benchmark
  @Threads(2)
  public Object failsafeOnTwoThreads() {
    return failsafe.get(theirWork);
  }
}
