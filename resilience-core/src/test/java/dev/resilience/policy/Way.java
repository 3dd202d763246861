package dev.resilience.policy;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.resilience.Resilience;
import dev.resilience.WithFallback;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;

/** The ways to make a call. Each scenario runs in all of them. */
public enum Way {
  /** {@code call}, by a participant of virtual time. */
  PLATFORM_THREAD,
  /** {@code call}, by a virtual thread in real time, where the JVM has them. */
  VIRTUAL_THREAD,
  /** {@code callAsync}, under virtual time. */
  ASYNC;

  /** What a test does, on a thread that may wait. */
  @FunctionalInterface
  public interface Scenario {
    void play(Bench bench) throws Throwable;
  }

  public void play(Scenario scenario) throws Exception {
    if (this == VIRTUAL_THREAD) {
      ThreadFactory threads = virtualThreads();
      assumeTrue(threads != null, "this JVM has no virtual threads");
      FutureTask<Void> task =
          new FutureTask<>(() -> checked(scenario, new Bench(this, TimeSource.system(), threads)));
      threads.newThread(task).start();
      try {
        task.get();
      } catch (ExecutionException failed) {
        throw Way.<RuntimeException>raw(failed.getCause());
      }
    } else {
      VirtualTime.Automatic time = VirtualTime.automatic(1);
      time.run(() -> checked(scenario, new Bench(this, time, Thread::new)));
    }
  }

  private static Void checked(Scenario scenario, Bench bench) throws Exception {
    try {
      scenario.play(bench);
    } catch (Exception | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return null;
  }

  @SuppressWarnings("unchecked")
  static <X extends Throwable> X raw(Throwable failure) throws X {
    throw (X) failure;
  }

  /** Found at run time: the tests are compiled for 17. */
  static ThreadFactory virtualThreads() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      return (ThreadFactory)
          Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException notThere) {
      return null;
    }
  }

  /** What a scenario works with. */
  public static final class Bench {

    private final Way way;
    private final TimeSource time;
    private final ThreadFactory threads;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final long start;

    /** Never ends. */
    public final Context root;

    /** The context of the caller of this scenario. */
    public final CancellableContext caller;

    Bench(Way way, TimeSource time, ThreadFactory threads) {
      this.way = way;
      this.time = time;
      this.threads = threads;
      this.start = time.nanoTime();
      this.root = Context.background(time);
      this.caller = root.withCancel();
    }

    public Way way() {
      return way;
    }

    public boolean isVirtualTime() {
      return time instanceof VirtualTime;
    }

    public Duration elapsed() {
      return Duration.ofNanos(time.nanoTime() - start);
    }

    public int pendingTimers() {
      return time instanceof VirtualTime virtual ? virtual.pendingTimers() : 0;
    }

    /** Calls as the way says; asynchronous work is the given work, done at once. */
    public <T> T call(Resilience stack, Context ctx, Call<T, ? extends Exception> work)
        throws Exception {
      return way == ASYNC
          ? await(stack.callAsync(ctx, c -> staged(work, c)))
          : stack.call(ctx, work);
    }

    public <T> T call(WithFallback<T> stack, Context ctx, Call<T, ? extends Exception> work)
        throws Exception {
      return way == ASYNC
          ? await(stack.callAsync(ctx, c -> staged(work, c)))
          : stack.call(ctx, work);
    }

    /** Work that goes on until its context ends; asynchronous work does not even then. */
    public <T> T callForEver(Resilience stack, Context ctx) throws Exception {
      return way == ASYNC
          ? await(
              stack.callAsync(
                  ctx,
                  c -> {
                    begun.countDown();
                    return new CompletableFuture<T>();
                  }))
          : stack.call(ctx, this::waitForEver);
    }

    public <T> T waitForEver(Context c) throws InterruptedException {
      begun.countDown();
      c.awaitDone();
      throw c.toException();
    }

    /** The outcome of a stage as {@code whenComplete} sees it. */
    public <T> T await(java.util.concurrent.CompletionStage<T> stage) throws Exception {
      List<Throwable> seen = new ArrayList<>();
      CompletableFuture<Object> over = new CompletableFuture<>();
      stage.whenComplete(
          (value, failure) -> {
            if (failure != null) {
              seen.add(failure);
            }
            over.complete(value);
          });
      @SuppressWarnings("unchecked")
      T value = (T) root.await(over);
      if (!seen.isEmpty()) {
        Way.<Exception>raw(seen.get(0));
      }
      return value;
    }

    /** Does something on another thread a second after now, or as soon as the work has begun. */
    public void meanwhile(Runnable action) {
      if (time instanceof VirtualTime virtual) {
        virtual.start(
            "meanwhile",
            () -> {
              root.sleep(Duration.ofSeconds(1));
              action.run();
            });
      } else {
        threads
            .newThread(
                () -> {
                  try {
                    begun.await();
                    action.run();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                })
            .start();
      }
    }

    public void cancelMeanwhile() {
      meanwhile(() -> caller.cancel(CancelReason.USER));
    }

    private static <T> CompletableFuture<T> staged(Call<T, ? extends Exception> work, Context c) {
      try {
        return CompletableFuture.completedFuture(work.call(c));
      } catch (Throwable failure) {
        return CompletableFuture.failedFuture(failure);
      }
    }
  }
}
