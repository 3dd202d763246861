package dev.resilience.benchmarks;

import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.context.Context;
import java.util.Collections;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An item through a stage that does nothing, and through two of the JDK's blocking queues. */
@State(Scope.Benchmark)
public class ItemThroughStage {

  private static final int ITEMS = 10_000;

  private final Context ctx = Context.background();
  private final Pipeline<Integer, Integer> pipeline =
      Pipeline.<Integer>builder("pipeline").map("same", (c, n) -> n).build();
  private final Iterable<Integer> items = Collections.nCopies(ITEMS, 1);

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Object pipeline() throws InterruptedException {
    return pipeline.run(ctx, items, (c, n) -> {});
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public Object oneByOne() {
    Object last = items;
    for (Integer item : items) {
      last = pipeline.execute(ctx, item);
    }
    return last;
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public void jdkQueues() throws InterruptedException {
    BlockingQueue<Integer> first = new ArrayBlockingQueue<>(16);
    BlockingQueue<Integer> second = new ArrayBlockingQueue<>(16);
    Thread source = new Thread(() -> move(items, first));
    Thread stage = new Thread(() -> move(first, second));
    source.start();
    stage.start();
    for (int i = 0; i < ITEMS; i++) {
      Integer unused = second.take();
    }
    source.join();
    stage.join();
  }

  private static void move(Iterable<Integer> from, BlockingQueue<Integer> to) {
    try {
      for (Integer item : from) {
        to.put(item);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void move(BlockingQueue<Integer> from, BlockingQueue<Integer> to) {
    try {
      for (int i = 0; i < ITEMS; i++) {
        to.put(from.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
