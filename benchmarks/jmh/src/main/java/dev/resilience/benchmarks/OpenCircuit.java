package dev.resilience.benchmarks;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.function.CheckedSupplier;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.policy.Call;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A call that an open circuit rejects; the caller catches the exception. */
@State(Scope.Benchmark)
public class OpenCircuit {

  private final Context ctx = Context.background();
  private final Resilience ours =
      Resilience.of(
          Breaker.builder("service").consecutiveFailures(1).openFor(Duration.ofDays(1)).build());
  private final CircuitBreaker<Object> theirs =
      CircuitBreaker.builder().withDelay(Duration.ofDays(1)).build();
  private final FailsafeExecutor<Object> failsafe = Failsafe.with(theirs);
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final CheckedSupplier<Object> theirWork = () -> answer;

  public OpenCircuit() {
    theirs.open();
    try {
      ours.run(
          ctx,
          c -> {
            throw new IllegalArgumentException("the failure that opens the circuit");
          });
    } catch (IllegalArgumentException expected) {
      // It is open now.
    }
  }

  @Benchmark
  public Object ours() {
    try {
      return ours.call(ctx, work);
    } catch (CircuitOpenException open) {
      return open;
    }
  }

  @Benchmark
  public Object failsafe() {
    try {
      return failsafe.get(theirWork);
    } catch (CircuitBreakerOpenException open) {
      return open;
    }
  }
}
