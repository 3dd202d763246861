package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A parent with a thousand children, a listener at each, is built and cancelled. */
@State(Scope.Benchmark)
public class Tree {

  private static final int CHILDREN = 1000;

  private int told;

  @Benchmark
  public int ours() {
    told = 0;
    CancellableContext parent = Context.background().withCancel();
    for (int i = 0; i < CHILDREN; i++) {
      parent.withCancel().onDone(() -> told++);
    }
    parent.cancel();
    return checked();
  }

  @Benchmark
  public int grpc() {
    told = 0;
    io.grpc.Context.CancellableContext parent = io.grpc.Context.ROOT.withCancellation();
    for (int i = 0; i < CHILDREN; i++) {
      parent.withCancellation().addListener(context -> told++, Runnable::run);
    }
    parent.cancel(null);
    return checked();
  }

  private int checked() {
    if (told != CHILDREN) {
      throw new IllegalStateException("told: " + told + " (expected: " + CHILDREN + ")");
    }
    return told;
  }
}
