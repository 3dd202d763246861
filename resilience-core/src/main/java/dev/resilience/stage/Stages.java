package dev.resilience.stage;

import dev.resilience.error.Failures;
import dev.resilience.text.SafeText;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The one way in which this library watches a stage.
 *
 * <p>Not {@code whenComplete}: its dependent stage wraps each failure in a {@link
 * java.util.concurrent.CompletionException} with a stack trace that nobody reads. And not {@code
 * handle} by itself: what its function throws ends in a stage that nobody looks at, and a promise
 * that the function was to complete stays open for ever. Here a watcher is told exactly once,
 * whatever the stage does, and the promise that it works for completes, whatever the watcher does.
 */
public final class Stages {

  private static final Logger LOG = System.getLogger(Stages.class.getName());

  /** Of a future that fails with what cannot be printed, so many are tried to be told. */
  private static final int MOST_DEPENDENTS = 1000;

  private Stages() {}

  /** Receives the outcome of a stage. */
  @FunctionalInterface
  public interface Watcher<T extends @Nullable Object> {

    /**
     * The stage has completed.
     *
     * @param value the result; null where there is a failure
     * @param failure as it was thrown, without a {@code CompletionException} around it; null where
     *     there is a result
     */
    void completed(T value, @Nullable Throwable failure) throws Throwable;
  }

  /**
   * Tells a watcher of the outcome of a stage, at once if it has completed. Never throws.
   *
   * @param stage a stage that throws when it is asked counts as one that failed
   * @param watcher what it throws is logged: whoever has a promise to keep uses the other method
   */
  public static <T extends @Nullable Object> void watch(
      CompletionStage<T> stage, Watcher<? super T> watcher) {
    register(stage, new Registered<>(watcher, null));
  }

  /**
   * Tells a watcher of the outcome of a stage, at once if it has completed. Never throws.
   *
   * @param stage a stage that throws when it is asked counts as one that failed
   * @param promise fails with what the watcher throws, the failure of the stage suppressed in it
   * @param watcher completes the promise, or hands it on to somebody who will
   */
  public static <T extends @Nullable Object> void watch(
      CompletionStage<T> stage, CompletableFuture<?> promise, Watcher<? super T> watcher) {
    register(stage, new Registered<>(watcher, promise));
  }

  /** Completes a promise as a stage completes; with the failure itself, not wrapped. */
  public static <T extends @Nullable Object> void forward(
      CompletionStage<? extends T> stage, CompletableFuture<T> promise) {
    watch(stage, promise, (value, failure) -> complete(promise, value, failure));
  }

  /**
   * Completes a promise with a failure, or with a value of its type where there is none. Never
   * throws, whatever depends on the promise.
   */
  public static <T extends @Nullable Object> void complete(
      CompletableFuture<T> promise, @Nullable T value, @Nullable Throwable failure) {
    if (failure == null) {
      promise.complete(value);
    } else {
      fail(promise, failure);
    }
  }

  /**
   * What the JDK makes depend on a future wraps its failure, and asks it for its text: where that
   * throws, the dependent is never told, and the others stand in line behind it until somebody
   * completes the future once more.
   */
  private static void fail(CompletableFuture<?> promise, Throwable failure) {
    for (int untold = 0; untold < MOST_DEPENDENTS; untold++) {
      try {
        promise.completeExceptionally(failure);
        return;
      } catch (Throwable unprintable) {
        // The next one.
      }
    }
  }

  /**
   * A stage as a future that has completed, or null: it has not, or does not tell. A {@linkplain
   * CompletableFuture#minimalCompletionStage minimal} stage is a future by its class that answers
   * no question.
   */
  public static <T extends @Nullable Object> @Nullable CompletableFuture<T> completed(
      CompletionStage<T> stage) {
    try {
      return stage instanceof CompletableFuture<T> future && future.isDone() ? future : null;
    } catch (Throwable doesNotTell) {
      return null;
    }
  }

  private static <T extends @Nullable Object> void register(
      CompletionStage<T> stage, Registered<T> watcher) {
    try {
      stage.handle(watcher);
    } catch (Throwable broken) {
      watcher.apply(null, broken);
    }
  }

  /** The flag is set when the outcome was told: a foreign stage may tell twice. */
  private static final class Registered<T extends @Nullable Object> extends AtomicBoolean
      implements BiFunction<@Nullable T, @Nullable Throwable, @Nullable Void> {

    private static final long serialVersionUID = 1L;

    private final transient Watcher<? super T> watcher;
    private final transient @Nullable CompletableFuture<?> promise;

    Registered(Watcher<? super T> watcher, @Nullable CompletableFuture<?> promise) {
      this.watcher = watcher;
      this.promise = promise;
    }

    @Override
    @SuppressWarnings("NullAway") // the value of a stage that has not failed is a T
    public @Nullable Void apply(@Nullable T value, @Nullable Throwable thrown) {
      if (!compareAndSet(false, true)) {
        return null;
      }
      @Nullable Throwable failure = thrown == null ? null : Failures.unwrap(thrown);
      try {
        watcher.completed(value, failure);
      } catch (Throwable broken) {
        failed(broken, failure);
      }
      return null;
    }

    private void failed(Throwable broken, @Nullable Throwable failure) {
      if (promise == null) {
        SafeText.log(LOG, Level.ERROR, "a watcher of a stage failed", broken);
        return;
      }
      try {
        if (failure != null) {
          Failures.suppress(broken, failure);
        }
      } finally {
        promise.completeExceptionally(broken);
      }
    }
  }
}
