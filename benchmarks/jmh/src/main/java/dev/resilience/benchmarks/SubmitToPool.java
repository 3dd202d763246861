package dev.resilience.benchmarks;

import dev.resilience.concurrent.WorkerPool;
import dev.resilience.context.Context;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A task that does nothing, submitted and awaited: a pool, and the JDK's. */
@State(Scope.Benchmark)
public class SubmitToPool {

  private final Context ctx = Context.background();
  private final Object answer = new Object();
  private final Callable<Object> work = () -> answer;
  private final WorkerPool pool = WorkerPool.builder("pool").workers(2).open(ctx);
  private final ThreadPoolExecutor jdk =
      new ThreadPoolExecutor(2, 2, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(100));

  @Benchmark
  public Object pool() throws Exception {
    return pool.submit(ctx, "task", c -> answer).await(ctx);
  }

  @Benchmark
  public Object jdk() throws Exception {
    return jdk.submit(work).get();
  }

  @TearDown
  public void close() {
    pool.close();
    jdk.shutdown();
  }
}
