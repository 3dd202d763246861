package dev.resilience.failsafe;

import dev.failsafe.spi.Scheduler;
import dev.resilience.context.Context;
import dev.resilience.context.Registration;
import dev.resilience.time.TimeSource;
import dev.resilience.time.Timer;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets Failsafe wait in the time of a context: what is scheduled is done on time, or when the
 * context ends, so that nothing is left behind. What is due at once, such as the start of an
 * asynchronous call, is done on the caller's thread, as ours are.
 */
final class ContextScheduler implements Scheduler {

  private final Context ctx;
  private final TimeSource time;

  ContextScheduler(Context ctx) {
    this.ctx = ctx;
    this.time = ctx.timeSource();
  }

  @Override
  public ScheduledFuture<?> schedule(Callable<?> callable, long delay, TimeUnit unit) {
    long nanos = unit.toNanos(delay);
    Task task = new Task(callable, time, time.nanoTime() + Math.min(nanos, TimeSource.MAX_AHEAD));
    if (nanos <= 0) {
      task.run();
    } else {
      task.timer = time.startTimer(task.due, () -> time.executor().execute(task));
      task.end = ctx.onDone(task::run);
    }
    return task;
  }

  private static final class Task extends FutureTask<@Nullable Object>
      implements ScheduledFuture<@Nullable Object> {

    private final TimeSource time;
    private final long due;
    private volatile @Nullable Timer timer;
    private volatile @Nullable Registration end;

    Task(Callable<?> callable, TimeSource time, long due) {
      super(callable::call);
      this.time = time;
      this.due = due;
    }

    /** Never interrupts: what is scheduled only starts something, on a thread that is not its. */
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
      letGo();
      return super.cancel(false);
    }

    @Override
    public void run() {
      letGo();
      super.run();
    }

    private void letGo() {
      Timer waiting = timer;
      if (waiting != null) {
        waiting.cancel();
      }
      Registration listening = end;
      if (listening != null) {
        listening.withdraw();
      }
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(Duration.ofNanos(due - time.nanoTime()));
    }

    @Override
    public int compareTo(Delayed other) {
      return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
