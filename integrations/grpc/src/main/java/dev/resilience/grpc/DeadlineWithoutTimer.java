package dev.resilience.grpc;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the timer of a gRPC context with a deadline, and never runs it: our context, whose deadline
 * it is, tells the gRPC context when it has passed, on its own clock. Has no thread.
 */
final class DeadlineWithoutTimer extends AbstractExecutorService
    implements ScheduledExecutorService {

  static final DeadlineWithoutTimer INSTANCE = new DeadlineWithoutTimer();

  /** What gRPC cancels when its context ends. */
  private static final class NeverDue<V extends @Nullable Object> extends CompletableFuture<V>
      implements ScheduledFuture<V> {

    @Override
    public long getDelay(TimeUnit unit) {
      return Long.MAX_VALUE;
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(Long.MAX_VALUE, other.getDelay(TimeUnit.NANOSECONDS));
    }
  }

  private DeadlineWithoutTimer() {}

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return new NeverDue<@Nullable Void>();
  }

  @Override
  public <V extends @Nullable Object> ScheduledFuture<V> schedule(
      Callable<V> callable, long delay, TimeUnit unit) {
    return new NeverDue<>();
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    throw notForThis();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    throw notForThis();
  }

  @Override
  public void execute(Runnable command) {
    throw notForThis();
  }

  @Override
  public void shutdown() {}

  @Override
  public List<Runnable> shutdownNow() {
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  private static UnsupportedOperationException notForThis() {
    return new UnsupportedOperationException("only for the deadline of a gRPC context");
  }
}
