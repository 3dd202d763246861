package dev.resilience.stage;

import dev.resilience.context.Context;
import dev.resilience.context.DoneCallback;
import dev.resilience.context.Registration;
import dev.resilience.context.WorkContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A stage that completes as another one does, or when a context ends: whichever comes first. */
public final class BoundedStage {

  private BoundedStage() {}

  /** The stage itself where it has completed; else one that also ends with the context. */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      Context ctx, CompletionStage<T> stage) {
    CompletableFuture<T> completed = Stages.completed(stage);
    if (completed != null && !completed.isCompletedExceptionally()) {
      // What is there already comes out, also if the context has ended meanwhile.
      return completed;
    }
    if (completed != null) {
      CompletableFuture<T> raw = new CompletableFuture<>();
      Stages.forward(completed, raw);
      return raw;
    }
    return bound(ctx, stage, null);
  }

  /**
   * As {@link #of(Context, CompletionStage)}, with an eye on what comes too late.
   *
   * @param late receives a result that comes when the stage has ended with its context
   */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      Context ctx, CompletionStage<T> stage, Consumer<? super T> late) {
    return bound(ctx, stage, late);
  }

  private static <T extends @Nullable Object> CompletionStage<T> bound(
      Context ctx, CompletionStage<T> stage, @Nullable Consumer<? super T> late) {
    Bounded<T> bounded = new Bounded<>(ctx);
    Registration end = ctx.onDone(() -> bounded.completeExceptionally(ctx.toException()));
    Stages.watch(
        stage,
        bounded,
        (value, failure) -> {
          end.withdraw();
          if (failure != null) {
            bounded.completeExceptionally(failure);
          } else if (!bounded.complete(value) && late != null) {
            late.accept(value);
          }
        });
    return bounded;
  }

  /**
   * The same for a run of work, which is over when its stage completes, and whose failure may be
   * the end of its context. A stage that others wait for, too, keeps a few empty objects of one
   * whose context has ended, and neither the context nor the promise.
   */
  public static <T extends @Nullable Object> CompletionStage<T> of(
      WorkContext run, CompletionStage<T> stage) {
    CompletableFuture<T> completed = Stages.completed(stage);
    if (completed != null && !completed.isCompletedExceptionally()) {
      run.returned();
      return completed;
    }
    CompletableFuture<T> bounded = new CompletableFuture<>();
    Run<T> watcher = new Run<>(run, bounded);
    boolean ends = completed != null || (stage instanceof Bounded<T> own && own.ctx == run);
    if (!ends) {
      watcher.end = run.onDone(watcher);
    }
    Stages.watch(stage, watcher);
    return bounded;
  }

  /** Whoever takes the promise, the outcome or the end of the context, completes it. */
  private static final class Run<T extends @Nullable Object>
      extends AtomicReference<@Nullable CompletableFuture<T>>
      implements Stages.Watcher<T>, DoneCallback {

    private static final long serialVersionUID = 1L;

    private transient @Nullable WorkContext run;
    private transient @Nullable Registration end;

    Run(WorkContext run, CompletableFuture<T> bounded) {
      super(bounded);
      this.run = run;
    }

    /** The context has ended first. */
    @Override
    public void run() {
      CompletableFuture<T> bounded = getAndSet(null);
      WorkContext mine = run;
      if (bounded != null && mine != null) {
        run = null;
        end = null;
        bounded.completeExceptionally(mine.toException());
      }
    }

    @Override
    public void completed(T value, @Nullable Throwable failure) {
      CompletableFuture<T> bounded = getAndSet(null);
      WorkContext mine = run;
      if (bounded == null || mine == null) {
        return;
      }
      if (end != null) {
        end.withdraw();
      }
      try {
        if (failure == null) {
          mine.returned();
        }
      } finally {
        Stages.complete(bounded, value, failure == null ? null : mine.failed(failure));
      }
    }
  }

  /** Ends with its context by itself: is not bounded by it a second time. */
  private static final class Bounded<T extends @Nullable Object> extends CompletableFuture<T> {

    private final Context ctx;

    Bounded(Context ctx) {
      this.ctx = ctx;
    }

    /** What depends on it is an ordinary stage. */
    @Override
    public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
      return new CompletableFuture<>();
    }
  }
}
