package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * A child with a listener is made under one living parent that all threads share, and closed. gRPC
 * has no figure: its parent keeps every such child for ever, and searches them all at each removal.
 */
@State(Scope.Benchmark)
public class ChildOfSharedParent {

  private final Context parent = Context.background().withCancel();

  @Benchmark
  public Object ours() {
    return oneChild();
  }

  @Benchmark
  @Threads(2)
  public Object oursOnTwoThreads() {
    return oneChild();
  }

  private Object oneChild() {
    CancellableContext child = parent.withCancel();
    child.onDone(() -> {});
    child.close();
    return child;
  }
}
