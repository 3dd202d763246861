package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.resilience.time.TimeSource;
import java.util.concurrent.Future;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;

/** A timer is set and cleared while many others stand. */
public class TimerSetAndCleared {

  @State(Scope.Benchmark)
  public static class Ours {

    private final TimeSource time = TimeSource.system();
    private final StandingTimers standing = new StandingTimers(time);

    boolean once() {
      return time.startTimer(time.nanoTime() + SECONDS.toNanos(30), () -> {}).cancel();
    }

    @TearDown
    public void stop() {
      standing.stop();
    }
  }

  @State(Scope.Benchmark)
  public static class Jdk {

    private final JdkTimers timers = new JdkTimers(StandingTimers.COUNT);

    boolean once() {
      Future<?> timer = timers.executor.schedule(() -> {}, 30, SECONDS);
      return timer.cancel(false);
    }

    @TearDown
    public void stop() {
      timers.stop();
    }
  }

  @Benchmark
  public boolean ours(Ours ours) {
    return ours.once();
  }

  @Benchmark
  @Threads(2)
  public boolean oursOnTwoThreads(Ours ours) {
    return ours.once();
  }

  @Benchmark
  public boolean jdk(Jdk jdk) {
    return jdk.once();
  }

  @Benchmark
  @Threads(2)
  public boolean jdkOnTwoThreads(Jdk jdk) {
    return jdk.once();
  }
}
