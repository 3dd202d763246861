package dev.resilience.benchmarks;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.policy.Call;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A good call through a fallback, a retry, a circuit breaker and a limit. */
@State(Scope.Benchmark)
public class WholeStack {

  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final CheckedSupplier<Object> theirWork = () -> answer;
  private final WithFallback<Object> ours =
      Resilience.of(
              Retry.ofDefaults(),
              Breaker.builder("service").failureRate(0.5).window(20).build(),
              FixedTimeout.of(LIMIT))
          .withFallback(Fallbacks.ofValue(answer));
  private final WithFallback<Object> oursAdaptive =
      Resilience.of(
              Retry.ofDefaults(),
              Breaker.builder("service").failureRate(0.5).window(20).build(),
              AdaptiveTimeout.builder("timeout").startingAt(LIMIT).build())
          .withFallback(Fallbacks.ofValue(answer));
  private final FailsafeExecutor<Object> failsafe =
      Failsafe.with(
          dev.failsafe.Fallback.of(answer),
          RetryPolicy.ofDefaults(),
          CircuitBreaker.builder().withFailureThreshold(10, 20).build(),
          Timeout.builder(LIMIT).withInterrupt().build());

  @Benchmark
  public Object ours() {
    return ours.call(ctx, work);
  }

  @Benchmark
  public Object oursAdaptive() {
    return oursAdaptive.call(ctx, work);
  }

  @Benchmark
  public Object failsafe() {
    return failsafe.get(theirWork);
  }
}
