package dev.resilience.context;

import dev.resilience.text.SafeText;
import dev.resilience.time.Durations;
import dev.resilience.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Blocking waits that the end of a context ends. */
final class BlockingWaits {

  /** How often a wait for a stage looks at it without having been told. */
  private static final long LOOK_NANOS = 1_000_000_000L;

  private BlockingWaits() {}

  static void forEnd(Node ctx) throws InterruptedException {
    park(ctx, WaitReason.END, () -> false, null);
  }

  static boolean forEnd(Node ctx, Duration limit) throws InterruptedException {
    long until = ctx.root.time().nanoTime() + Durations.toNanos(limit);
    park(ctx, WaitReason.END, () -> false, until);
    return ctx.isDone();
  }

  static void sleep(Node ctx, Duration time) throws InterruptedException {
    long until = ctx.root.time().nanoTime() + Durations.toNanos(time);
    park(ctx, WaitReason.SLEEP, () -> false, until);
    ctx.throwIfDone();
  }

  static <T extends @Nullable Object> T forStage(Node ctx, CompletionStage<T> stage)
      throws InterruptedException, ExecutionException {
    CompletableFuture<T> future;
    try {
      future = stage.toCompletableFuture();
    } catch (UnsupportedOperationException refused) {
      return forForeignStage(ctx, stage);
    }
    if (!future.isDone()) {
      TimeSource time = ctx.root.time();
      Thread sleeper = Thread.currentThread();
      // The stage may be shared and outlive this wait. Of all dependents of a future, those of
      // anyOf alone can be taken off it again: by completing one of the others.
      CompletableFuture<@Nullable Void> left = new CompletableFuture<>();
      CompletionStage<Object> either = CompletableFuture.anyOf(future, left);
      either.handle(
          (value, failure) -> {
            time.unpark(sleeper);
            return null;
          });
      try {
        // What anyOf passes on it wraps, which asks the failure for its text: one that throws then
        // keeps us asleep. So we look ourselves now and then.
        while (!future.isDone() && !ctx.isDone()) {
          park(ctx, WaitReason.STAGE, future::isDone, time.nanoTime() + LOOK_NANOS);
        }
      } finally {
        left.complete(null);
      }
      if (!future.isDone()) {
        throw ctx.toException();
      }
    } else if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Outcome<T> outcome = new Outcome<>(ctx.root.time());
    CompletionStage<T> done = future;
    done.handle(outcome::accept);
    return outcome.get();
  }

  /** For a stage that can neither be asked for its outcome nor left: it keeps one small object. */
  private static <T extends @Nullable Object> T forForeignStage(Node ctx, CompletionStage<T> stage)
      throws InterruptedException, ExecutionException {
    Outcome<T> outcome = new Outcome<>(ctx.root.time());
    outcome.sleeper = Thread.currentThread();
    stage.handle(outcome::accept);
    try {
      park(ctx, WaitReason.STAGE, () -> outcome.isThere, null);
    } finally {
      outcome.sleeper = null;
    }
    if (!outcome.isThere) {
      throw ctx.toException();
    }
    return outcome.get();
  }

  /**
   * Parks until something is so, the context has ended, or a moment has come; the caller looks
   * which.
   *
   * @param reason for dumps
   * @param until on the scale of the context's time source; null: without such a limit
   */
  private static void park(Node ctx, WaitReason reason, BooleanSupplier ready, @Nullable Long until)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (ready.getAsBoolean()) {
      return;
    }
    TimeSource time = ctx.root.time();
    Thread sleeper = Thread.currentThread();
    try (Registration wakeUp =
        ctx.register(new WakeUp(ctx, sleeper, reason), Callback.Kind.WAKE_UP)) {
      while (!ready.getAsBoolean()
          && !ctx.isDone()
          && (until == null || until - time.nanoTime() > 0)) {
        if (until == null) {
          time.park(ctx);
        } else {
          time.parkUntil(ctx, until);
        }
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
    }
  }

  /** Where a stage leaves its outcome for the thread that waits. */
  private static final class Outcome<T extends @Nullable Object> {

    private final TimeSource time;
    private @Nullable T value;
    private @Nullable Throwable failure;

    /** Null if nobody sleeps, or no longer. */
    private volatile @Nullable Thread sleeper;

    /** Written last and read first: publishes the outcome. */
    private volatile boolean isThere;

    Outcome(TimeSource time) {
      this.time = time;
    }

    @Nullable Void accept(@Nullable T value, @Nullable Throwable failure) {
      this.value = value;
      this.failure = failure;
      isThere = true;
      Thread waiting = sleeper;
      if (waiting != null) {
        time.unpark(waiting);
      }
      return null;
    }

    // A stage without a failure completed with a T.
    @SuppressWarnings("NullAway")
    T get() throws ExecutionException {
      Throwable raw = failure;
      if (raw instanceof CompletionException && raw.getCause() != null) {
        raw = raw.getCause();
      }
      if (raw != null) {
        // The constructor without a message asks the failure for its text, which may throw.
        throw new ExecutionException(SafeText.of(raw), raw);
      }
      return value;
    }
  }
}
