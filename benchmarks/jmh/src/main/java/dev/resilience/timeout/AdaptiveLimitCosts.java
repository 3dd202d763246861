package dev.resilience.timeout;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.policy.Call;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * What an adaptive limit costs beside a fixed one: to record, to read, and a whole call. In the
 * package of what it measures, since to record is not for users.
 */
@State(Scope.Benchmark)
public class AdaptiveLimitCosts {

  private final AdaptiveLimit limit =
      new AdaptiveLimit(
          new AdaptiveLimit.Settings(
              0.95,
              2,
              Duration.ofMillis(50),
              Duration.ofSeconds(2),
              Duration.ofMillis(50),
              10,
              Duration.ofSeconds(30),
              1000));
  private final AdaptiveTimeout timeout =
      AdaptiveTimeout.builder("timeout").startingAt(Duration.ofSeconds(1)).build();
  private final Context ctx = Context.background();
  private final Resilience adaptive = Resilience.of(timeout);
  private final Resilience fixed = Resilience.of(FixedTimeout.of(Duration.ofSeconds(1)));
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;

  /** A thread's clock, which costs nothing to read. */
  @State(Scope.Thread)
  public static class Calls {
    long now;

    long duration() {
      now += 1_000;
      return 10_000_000 + (now & 0x3ffffff);
    }
  }

  @Benchmark
  public void record(Calls calls) {
    limit.ended(calls.duration(), calls.now);
  }

  @Benchmark
  @Threads(2)
  public void recordOnTwoThreads(Calls calls) {
    limit.ended(calls.duration(), calls.now);
  }

  @Benchmark
  public Duration readLimit() {
    return timeout.limit();
  }

  @Benchmark
  public Object call() {
    return adaptive.call(ctx, work);
  }

  @Benchmark
  @Threads(2)
  public Object callOnTwoThreads() {
    return adaptive.call(ctx, work);
  }

  @Benchmark
  public Object fixedCall() {
    return fixed.call(ctx, work);
  }
}
