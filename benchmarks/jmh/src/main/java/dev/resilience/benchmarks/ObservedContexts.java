package dev.resilience.benchmarks;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextObserver;
import dev.resilience.diagnostics.ContextMonitor;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.jfr.JfrEvents;
import dev.resilience.time.TimeSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * A child is made and closed under a living parent, below roots with and without observers. The
 * recorder of JFR is there and off.
 */
@State(Scope.Benchmark)
public class ObservedContexts {

  private final CancellableContext service = Context.background().withCancel();
  private final Context unobserved = Context.background().withCancel();
  private final Context monitored = below(ContextMonitor.of("monitored"));
  private final Context sampled =
      below(LeakDetector.builder("sampled").exempt(ctx -> ctx == service).open(service));
  private final Context strict = below(LeakDetector.strict());
  private final Context flightRecorderOff = below(JfrEvents.contexts());

  private static Context below(ContextObserver observer) {
    return Context.observed(TimeSource.system(), observer).withCancel();
  }

  private static Object closed(Context parent) {
    CancellableContext child = parent.withCancel();
    child.close();
    return child;
  }

  @Benchmark
  public Object unobserved() {
    return closed(unobserved);
  }

  @Benchmark
  public Object monitored() {
    return closed(monitored);
  }

  @Benchmark
  @Threads(2)
  public Object monitoredOnTwoThreads() {
    return closed(monitored);
  }

  @Benchmark
  public Object leaksSampled() {
    return closed(sampled);
  }

  @Benchmark
  public Object leaksStrict() {
    return closed(strict);
  }

  @Benchmark
  public Object flightRecorderOff() {
    return closed(flightRecorderOff);
  }
}
