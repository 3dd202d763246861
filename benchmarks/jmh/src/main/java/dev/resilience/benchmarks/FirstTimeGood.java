package dev.resilience.benchmarks;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import dev.resilience.retry.Retry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A retry whose first attempt is good. */
@State(Scope.Benchmark)
public class FirstTimeGood {

  private final Context ctx = Context.background();
  private final Resilience ours = Resilience.of(Retry.ofDefaults());
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(RetryPolicy.ofDefaults());
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final CheckedSupplier<Object> theirWork = () -> answer;

  @Benchmark
  public Object ours() {
    return ours.call(ctx, work);
  }

  @Benchmark
  public Object failsafe() {
    return failsafe.get(theirWork);
  }
}
