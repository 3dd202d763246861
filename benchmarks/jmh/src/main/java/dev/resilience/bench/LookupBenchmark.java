package dev.resilience.bench;

import io.grpc.Context;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Reading a value from a context, gRPC's beside ours. A placeholder until ours is here. */
@State(Scope.Benchmark)
public class LookupBenchmark {
  private final Context.Key<String> key = Context.key("tenant");
  private final Context grpc = Context.ROOT.withValue(key, "acme");

  @Benchmark
  public String grpc() {
    return key.get(grpc);
  }
}
