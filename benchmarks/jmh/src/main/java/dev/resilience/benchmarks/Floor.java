package dev.resilience.benchmarks;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What nobody can be cheaper than: the clock, and a call that is not inlined. */
@State(Scope.Benchmark)
public class Floor {

  private final Object answer = new Object();

  @Benchmark
  public long clock() {
    return System.nanoTime();
  }

  @Benchmark
  public Object call() {
    return work();
  }

  @CompilerControl(CompilerControl.Mode.DONT_INLINE)
  private Object work() {
    return answer;
  }
}
