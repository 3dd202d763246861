package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.Permit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A thousand calls that wait for the same permit, each under a deadline, until all are served. */
@State(Scope.Benchmark)
public class WaitingCalls {

  private static final int CALLS = 1_000;

  private final HandedOver time = new HandedOver();
  private final Context ctx = Context.background(time).withTimeout(java.time.Duration.ofHours(1));
  private final CompletionStage<Object> answer = CompletableFuture.completedFuture(this);

  /** Nanoseconds and bytes for each of them. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public Object ours() {
    ConcurrencyLimit limit = ConcurrencyLimit.builder("service", 1).maxWaiting(CALLS).build();
    Resilience stack = Resilience.of(limit);
    Permit permit = limit.tryAcquire().orElseThrow();
    List<CompletionStage<Object>> calls = new ArrayList<>(CALLS);
    for (int i = 0; i < CALLS; i++) {
      calls.add(stack.callAsync(ctx, c -> answer));
    }
    permit.close();
    time.runAll();
    return calls;
  }
}
