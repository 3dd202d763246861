package dev.resilience.concurrent.pipeline;

import static java.util.Objects.requireNonNull;

import dev.resilience.concurrent.Operation;
import dev.resilience.concurrent.Operations;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Publishes the results of a pipeline, a run for each subscriber. */
final class FlowResults<A, B> implements Flow.Publisher<B> {

  private final Pipeline<A, B> pipeline;
  private final Context ctx;
  private final Supplier<Source<? extends A>> sources;

  FlowResults(Pipeline<A, B> pipeline, Context ctx, Supplier<Source<? extends A>> sources) {
    this.pipeline = pipeline;
    this.ctx = requireNonNull(ctx, "ctx");
    this.sources = sources;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super B> subscriber) {
    new Run(requireNonNull(subscriber, "subscriber")).begin();
  }

  /** A subscription, and the sink of its run. Signals come from the run's sink task only. */
  private final class Run implements Flow.Subscription, Sink<B> {

    /** Null once cancelled: whoever has left is let go of. */
    private volatile Flow.@Nullable Subscriber<? super B> subscriber;

    private final AtomicLong demand = new AtomicLong();
    private final AtomicReference<@Nullable CompletableFuture<@Nullable Void>> waiting =
        new AtomicReference<>();
    private volatile @Nullable Throwable wrongRequest;
    private volatile @Nullable Operation<String> operation;
    private final CompletableFuture<@Nullable Void> subscribed = new CompletableFuture<>();

    Run(Flow.Subscriber<? super B> subscriber) {
      this.subscriber = subscriber;
    }

    void begin() {
      Flow.Subscriber<? super B> told = requireNonNull(subscriber);
      if (ctx.isDone()) {
        told.onSubscribe(this);
        told.onError(ctx.toException());
        return;
      }
      operation = Operations.open(ctx).start(pipeline.name, this::run);
      told.onSubscribe(this);
      subscribed.complete(null);
      if (subscriber == null) {
        cancel(); // before the operation was known
      }
    }

    private String run(Context own) throws Exception {
      own.await(subscribed);
      Throwable failure;
      try {
        failure =
            new PipelineRun<A, B>(pipeline, own).run(sources.get(), this).failure().orElse(null);
      } catch (Throwable thrown) {
        failure = thrown;
      }
      Flow.Subscriber<? super B> told = subscriber;
      subscriber = null;
      if (told != null) {
        if (wrongRequest != null) {
          told.onError(wrongRequest);
        } else if (failure != null) {
          told.onError(failure);
        } else {
          told.onComplete();
        }
      }
      return "published";
    }

    @Override
    public void accept(Context itemsOwn, B result) throws Exception {
      while (demand.get() == 0 && subscriber != null && wrongRequest == null) {
        CompletableFuture<@Nullable Void> wait = new CompletableFuture<>();
        waiting.set(wait);
        if (demand.get() == 0 && subscriber != null && wrongRequest == null) {
          await(itemsOwn, wait);
        }
      }
      Flow.Subscriber<? super B> told = subscriber;
      if (told == null || wrongRequest != null) {
        throw new IllegalStateException("the subscription has ended");
      }
      if (demand.get() != Long.MAX_VALUE) {
        demand.decrementAndGet();
      }
      told.onNext(result);
    }

    private void await(Context itemsOwn, CompletableFuture<@Nullable Void> wait)
        throws InterruptedException {
      try {
        itemsOwn.await(wait);
      } catch (ExecutionException impossible) {
        throw new AssertionError("nobody fails a wait", impossible);
      }
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        wrongRequest = new IllegalArgumentException("n: " + n + " (expected: > 0, rule 3.9)");
      } else {
        demand.accumulateAndGet(n, (had, more) -> had + more < 0 ? Long.MAX_VALUE : had + more);
      }
      wake();
    }

    @Override
    public void cancel() {
      subscriber = null;
      Operation<String> run = operation;
      if (run != null) {
        run.cancel(CancelReason.USER);
      }
      wake();
    }

    private void wake() {
      CompletableFuture<@Nullable Void> wait = waiting.getAndSet(null);
      if (wait != null) {
        wait.complete(null);
      }
    }
  }
}
