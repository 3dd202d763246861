package dev.resilience.benchmarks;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/** A good call through a closed circuit whose window of 20 results is full of successes. */
@State(Scope.Benchmark)
public class ClosedBreaker {

  private final Context ctx = Context.background();
  private final Resilience ours =
      Resilience.of(Breaker.builder("service").failureRate(0.5).window(20).build());
  private final CircuitBreaker<Object> theirs =
      CircuitBreaker.builder().withFailureThreshold(10, 20).build();
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(theirs);
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

  /** Without Failsafe's executor: the cheapest that a user of it can have. */
  @Benchmark
  public Object failsafeAlone() {
    theirs.acquirePermit();
    theirs.recordSuccess();
    return answer;
  }

  @Benchmark
  @Threads(2)
  public Object failsafeAloneOnTwoThreads() {
    theirs.acquirePermit();
    theirs.recordSuccess();
    return answer;
  }
}
