package dev.resilience.benchmarks;

import static java.util.concurrent.TimeUnit.SECONDS;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A child with a time limit and a listener is made; the listener is taken back and the child closed
 * before the limit, as after any call that went well. Many other timers stand.
 */
public class TimeoutWithListener {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  @State(Scope.Benchmark)
  public static class Ours {

    final Context parent = Context.background();
    private final StandingTimers standing = new StandingTimers(parent.timeSource());

    @TearDown
    public void stop() {
      standing.stop();
    }
  }

  @State(Scope.Benchmark)
  public static class Grpc {

    final io.grpc.Context.CancellationListener listener = context -> {};
    final JdkTimers jdk = new JdkTimers(StandingTimers.COUNT);

    @TearDown
    public void stop() {
      jdk.stop();
    }
  }

  @Benchmark
  public Object ours(Ours ours) {
    CancellableContext child = ours.parent.withTimeout(LIMIT);
    Registration registration = child.onDone(() -> {});
    registration.withdraw();
    child.close();
    return child;
  }

  @Benchmark
  public Object grpc(Grpc grpc) {
    io.grpc.Context.CancellableContext child =
        io.grpc.Context.ROOT.withDeadlineAfter(30, SECONDS, grpc.jdk.executor);
    child.addListener(grpc.listener, Runnable::run);
    child.removeListener(grpc.listener);
    child.cancel(null);
    return child;
  }
}
