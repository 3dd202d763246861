package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.policy.Call;
import dev.resilience.retry.Retry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A good call through a retry: without events, and with those of JFR while they are off. */
@State(Scope.Benchmark)
public class FlightRecorderCosts {

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final Resilience without = Resilience.of(Retry.ofDefaults());
  private final Resilience withAttempts =
      Resilience.of(Retry.ofDefaults(), JfrEvents.attempts("service"));
  private final Resilience withCalls = without.withListener(JfrEvents.policies());

  @Benchmark
  public Object without() {
    return without.call(ctx, work);
  }

  @Benchmark
  public Object attemptsOff() {
    return withAttempts.call(ctx, work);
  }

  @Benchmark
  public Object callsOff() {
    return withCalls.call(ctx, work);
  }
}
