package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.resilience.context.Context;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Whether a context has ended, under eight that can be cancelled; it has not. */
@State(Scope.Benchmark)
public class IsDone {

  private static final int DEPTH = 8;

  private final JdkTimers jdk = new JdkTimers(0);
  private final Context leaf = below(Context.background());
  private final Context leafWithDeadline =
      below(Context.background().withTimeout(Duration.ofHours(1)));
  private final io.grpc.Context grpcLeaf = grpcBelow(io.grpc.Context.ROOT);
  private final io.grpc.Context grpcLeafWithDeadline =
      grpcBelow(io.grpc.Context.ROOT.withDeadlineAfter(3600, SECONDS, jdk.executor));

  private static Context below(Context top) {
    Context context = top;
    for (int i = 0; i < DEPTH; i++) {
      context = context.withCancel();
    }
    return context;
  }

  private static io.grpc.Context grpcBelow(io.grpc.Context top) {
    io.grpc.Context context = top;
    for (int i = 0; i < DEPTH; i++) {
      context = context.withCancellation();
    }
    return context;
  }

  @Benchmark
  public boolean ours() {
    return leaf.isDone();
  }

  @Benchmark
  public boolean grpc() {
    return grpcLeaf.isCancelled();
  }

  @Benchmark
  public boolean oursWithDeadline() {
    return leafWithDeadline.isDone();
  }

  @Benchmark
  public boolean grpcWithDeadline() {
    return grpcLeafWithDeadline.isCancelled();
  }

  @TearDown
  public void stop() {
    jdk.stop();
  }
}
