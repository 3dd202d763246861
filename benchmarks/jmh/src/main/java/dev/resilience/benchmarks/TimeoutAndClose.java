package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A child with a time limit is made and closed before; nobody listens. */
@State(Scope.Benchmark)
public class TimeoutAndClose {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final Context parent = Context.background();
  private final io.grpc.Context grpcParent = io.grpc.Context.ROOT;
  private final JdkTimers jdk = new JdkTimers(0);

  @Benchmark
  public Object ours() {
    CancellableContext child = parent.withTimeout(LIMIT);
    child.close();
    return child;
  }

  @Benchmark
  public Object grpc() {
    io.grpc.Context.CancellableContext child =
        grpcParent.withDeadlineAfter(30, SECONDS, jdk.executor);
    child.cancel(null);
    return child;
  }

  @TearDown
  public void stop() {
    jdk.stop();
  }
}
