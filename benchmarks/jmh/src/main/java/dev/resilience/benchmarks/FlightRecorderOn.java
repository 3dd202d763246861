package dev.resilience.benchmarks;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.policy.Call;
import dev.resilience.retry.Retry;
import dev.resilience.time.TimeSource;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** As {@link FlightRecorderCosts}, while a recording keeps all events in memory. */
@State(Scope.Benchmark)
public class FlightRecorderOn {

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Call<Object, RuntimeException> work = c -> answer;
  private final Resilience withAttempts =
      Resilience.of(Retry.ofDefaults(), JfrEvents.attempts("service"));
  private final Resilience withCalls =
      Resilience.of(Retry.ofDefaults()).withListener(JfrEvents.policies());
  private final Context root =
      Context.observed(TimeSource.system(), JfrEvents.contexts()).withCancel();
  private @Nullable Recording recording;

  @Setup
  public void start() {
    Recording started = new Recording(JfrEvents.configuration());
    started.setToDisk(false);
    started.start();
    recording = started;
  }

  @TearDown
  public void stop() {
    if (recording != null) {
      recording.close();
    }
  }

  @Benchmark
  public Object attempts() {
    return withAttempts.call(ctx, work);
  }

  @Benchmark
  public Object calls() {
    return withCalls.call(ctx, work);
  }

  @Benchmark
  public Object context() {
    CancellableContext child = root.withCancel();
    child.close();
    return child;
  }
}
