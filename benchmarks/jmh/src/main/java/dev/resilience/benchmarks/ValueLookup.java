package dev.resilience.benchmarks;

import dev.resilience.context.Context;
import dev.resilience.context.Key;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A value that was set 16 levels above a context which has 64 levels and 16 values. */
@State(Scope.Benchmark)
public class ValueLookup {

  private static final int LEVELS = 64;
  private static final int VALUES = 16;
  private static final int WANTED = LEVELS - 16;

  private final List<Key<String>> keys = new ArrayList<>();
  private final List<io.grpc.Context.Key<String>> grpcKeys = new ArrayList<>();
  private final Context leaf;
  private final io.grpc.Context grpcLeaf;
  private final Key<String> key;
  private final io.grpc.Context.Key<String> grpcKey;

  public ValueLookup() {
    Context context = Context.background();
    io.grpc.Context grpc = io.grpc.Context.ROOT;
    for (int level = 0; level < LEVELS; level++) {
      if (level % (LEVELS / VALUES) == 0) {
        Key<String> next = Key.of("key " + level, String.class);
        io.grpc.Context.Key<String> grpcNext = io.grpc.Context.key("key " + level);
        keys.add(next);
        grpcKeys.add(grpcNext);
        context = context.withValue(next, "value " + level);
        grpc = grpc.withValue(grpcNext, "value " + level);
      } else {
        context = context.withCancel();
        grpc = grpc.withCancellation();
      }
    }
    leaf = context;
    grpcLeaf = grpc;
    key = keys.get(WANTED / (LEVELS / VALUES));
    grpcKey = grpcKeys.get(WANTED / (LEVELS / VALUES));
  }

  @Benchmark
  public String ours() {
    return Objects.requireNonNull(leaf.get(key));
  }

  @Benchmark
  public String grpc() {
    return grpcKey.get(grpcLeaf);
  }
}
