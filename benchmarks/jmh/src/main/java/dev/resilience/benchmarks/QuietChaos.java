package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A call through a stack in which fault injection stands and does nothing. */
@State(Scope.Benchmark)
public class QuietChaos {

  private final Context ctx = Context.background();
  private final Resilience nothing = Resilience.of();
  private final Resilience noFaults = Resilience.of(Chaos.of("service"));
  private final Resilience switchedOff = Resilience.of(off());
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;

  private static Chaos off() {
    Chaos chaos = Chaos.builder("service").faults(Fault.error(1)).build();
    chaos.switchOff();
    return chaos;
  }

  @Benchmark
  public Object nothing() {
    return nothing.call(ctx, work);
  }

  @Benchmark
  public Object noFaults() {
    return noFaults.call(ctx, work);
  }

  @Benchmark
  public Object switchedOff() {
    return switchedOff.call(ctx, work);
  }
}
