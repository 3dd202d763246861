package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A child that can be cancelled is made and closed; nobody listens. */
@State(Scope.Benchmark)
public class CancelAndClose {

  private final Context parent = Context.background();
  private final io.grpc.Context grpcParent = io.grpc.Context.ROOT;

  @Benchmark
  public Object ours() {
    CancellableContext child = parent.withCancel();
    child.close();
    return child;
  }

  @Benchmark
  public Object grpc() {
    io.grpc.Context.CancellableContext child = grpcParent.withCancellation();
    child.cancel(null);
    return child;
  }
}
