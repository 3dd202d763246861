package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.retry.Retry;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
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
  private final Resilience withEmptyPolicy = Resilience.of(Retry.ofDefaults(), new EmptyPolicy());
  private final Resilience withCalls = without.withListener(JfrEvents.policies());

  @Benchmark
  public Object without() {
    return without.call(ctx, work);
  }

  /** What a place in the stack costs. */
  @Benchmark
  public Object emptyPolicy() {
    return withEmptyPolicy.call(ctx, work);
  }

  @Benchmark
  public Object attemptsOff() {
    return withAttempts.call(ctx, work);
  }

  @Benchmark
  public Object callsOff() {
    return withCalls.call(ctx, work);
  }

  /** Does nothing. */
  private static final class EmptyPolicy implements ContextPolicy {

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        Context ctx, Next next, Call<T, X> work) throws X {
      return next.call(ctx, work);
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, Next next, AsyncCall<T> work) {
      return next.callAsync(ctx, work);
    }
  }
}
