package dev.resilience.concurrent.pipeline;

import static java.util.Objects.requireNonNull;

import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.text.Arguments;
import dev.resilience.text.SafeText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Typed stages that run side by side, connected by bounded queues.
 *
 * <pre>{@code
 * Pipeline<Integer, Integer> numbers =
 *     Pipeline.<Integer>builder("numbers")
 *         .map("square", (c, n) -> n * n)
 *         .map("add10", StageOptions.parallel(4), (c, n) -> n + 10)
 *         .filter("filter-even", (c, n) -> n % 2 == 0)
 *         .build();
 * PipelineResult<Integer> result = numbers.run(ctx, List.of(1, 2, 3));
 * }</pre>
 *
 * <p>Each stage has threads of its own and a bounded queue before it; when that is full, the stage
 * before waits, up to the source. A stage keeps the order, unless told otherwise.
 *
 * <h2>Contexts</h2>
 *
 * Each item travels with a context below that of the run. A {@link Builder#step step} may hand on
 * another one, with values, less time, or <em>more</em> ({@link Context#withMoreTime}): such items
 * come through although the deadline of the run has passed. All contexts of an item end when it
 * leaves. An item whose own time is over counts as failed at the next stage.
 *
 * <h2>The end</h2>
 *
 * A run ends when all items have left; with the first failure of a stage, which is named with its
 * item, unless {@linkplain Builder#skipFailures failures are skipped}; or with its context. In each
 * case it returns what came through, and no thread of it is left, except those that ignore their
 * interrupt, which are named.
 *
 * <p>Immutable and thread-safe: one pipeline serves many runs at once.
 *
 * @param <A> the type of the items that go in
 * @param <B> the type of the results
 */
public final class Pipeline<A, B> {

  final String name;
  final List<Stage> stages;
  final boolean skipFailures;
  final Duration grace;
  final @Nullable Executor executor;

  private Pipeline(Builder<A, B> builder) {
    this.name = builder.name;
    this.stages = List.copyOf(builder.stages);
    this.skipFailures = builder.skipFailures;
    this.grace = builder.grace;
    this.executor = builder.executor;
  }

  /** Returns a builder without stages. */
  public static <A> Builder<A, A> builder(String name) {
    return new Builder<>(SafeText.name(name));
  }

  // ---- many items

  /**
   * Sends items through the stages and collects the results.
   *
   * @param items read by one thread, one by one, as there is room
   * @return what came through, also if the run ended early
   * @throws InterruptedException if this thread is or was interrupted; the run is cancelled
   */
  public PipelineResult<B> run(Context ctx, Iterable<? extends A> items)
      throws InterruptedException {
    requireNonNull(items, "items");
    return new PipelineRun<A, B>(this, ctx).collect(Source.of(items.iterator()));
  }

  /**
   * Sends items through the stages to a sink.
   *
   * @param items read by one thread, one by one, as there is room
   * @param sink takes the results, one at a time
   * @return how the run ended
   * @throws InterruptedException if this thread is or was interrupted; the run is cancelled
   */
  public PipelineResult<B> run(Context ctx, Iterable<? extends A> items, Sink<? super B> sink)
      throws InterruptedException {
    requireNonNull(items, "items");
    requireNonNull(sink, "sink");
    return new PipelineRun<A, B>(this, ctx).run(Source.of(items.iterator()), sink);
  }

  /**
   * Subscribes to a publisher, sends what it publishes through the stages and collects the results.
   * Not more items are requested than the first queue has room for. The subscription is cancelled
   * when the run ends early.
   *
   * @throws InterruptedException if this thread is or was interrupted; the run is cancelled
   */
  public PipelineResult<B> run(Context ctx, Flow.Publisher<? extends A> items)
      throws InterruptedException {
    requireNonNull(items, "items");
    FlowSource<A> source = new FlowSource<>(firstQueue());
    items.subscribe(source);
    return new PipelineRun<A, B>(this, ctx).collect(source);
  }

  /**
   * A publisher of the results. Each subscriber starts a run of its own, which goes as fast as the
   * subscriber requests and ends when it cancels.
   *
   * @param ctx whose end is an error for the subscribers
   * @param items are iterated once for each subscriber
   */
  public Flow.Publisher<B> publisher(Context ctx, Iterable<? extends A> items) {
    requireNonNull(items, "items");
    return new FlowResults<A, B>(this, ctx, () -> Source.of(items.iterator()));
  }

  /** A publisher of the results of what another one publishes. See {@link #publisher}. */
  public Flow.Publisher<B> publisher(Context ctx, Flow.Publisher<? extends A> items) {
    requireNonNull(items, "items");
    return new FlowResults<A, B>(
        this,
        ctx,
        () -> {
          FlowSource<A> source = new FlowSource<>(firstQueue());
          items.subscribe(source);
          return source;
        });
  }

  int firstQueue() {
    return stages.isEmpty() ? StageOptions.ofDefaults().queue : stages.get(0).options().queue;
  }

  // ---- one item

  /**
   * Takes one item through the same stages on this thread.
   *
   * @return the result
   * @throws NoSuchElementException if a stage dropped the item, or made several of it
   * @throws StageFailedException if a stage failed, or the item's context ended before one
   */
  public B execute(Context ctx, A item) {
    List<B> results = executeAll(ctx, item);
    if (results.size() != 1) {
      throw new NoSuchElementException(name + ": " + results.size() + " results (expected: 1)");
    }
    return results.get(0);
  }

  /**
   * Takes one item through the same stages on this thread.
   *
   * @return the results: none if a stage dropped it
   * @throws StageFailedException if a stage failed, or the item's context ended before one
   */
  @SuppressWarnings("unchecked") // the last stage makes Bs, as the builder has checked
  public List<B> executeAll(Context ctx, A item) {
    requireNonNull(item, "item");
    List<B> results = new ArrayList<>(1);
    for (Item one : OneByOne.through(this, requireNonNull(ctx, "ctx"), item)) {
      results.add((B) one.value());
      one.leave();
    }
    return results;
  }

  @Override
  public String toString() {
    return name + " " + stages.stream().map(Stage::name).toList();
  }

  /**
   * Builds a {@link Pipeline}. Not thread-safe: go on with what each method returns.
   *
   * @param <A> the type of the items that go in
   * @param <B> the type of what the last stage makes
   */
  public static final class Builder<A, B> {

    private final String name;
    private final List<Stage> stages = new ArrayList<>();
    private boolean skipFailures;
    private Duration grace = Duration.ofMillis(100);
    private @Nullable Executor executor;

    private Builder(String name) {
      this.name = name;
    }

    @SuppressWarnings("unchecked") // only the type of what comes next changes
    private <C> Builder<A, C> add(String stage, StageOptions options, Stage.Work work, int batch) {
      stages.add(
          new Stage(
              SafeText.of(requireNonNull(stage, "stage")),
              requireNonNull(options, "options"),
              work,
              batch));
      return (Builder<A, C>) this;
    }

    /** Makes one item of each. */
    public <C> Builder<A, C> map(String stage, ItemFunction<? super B, ? extends C> function) {
      return map(stage, StageOptions.ofDefaults(), function);
    }

    /** Makes one item of each. */
    @SuppressWarnings("unchecked") // the stage before makes Bs
    public <C> Builder<A, C> map(
        String stage, StageOptions options, ItemFunction<? super B, ? extends C> function) {
      requireNonNull(function, "function");
      return add(
          stage, options, (ctx, item) -> List.of(Handed.of(function.apply(ctx, (B) item))), 0);
    }

    /** Makes one item of each, and may change its context for the stages to come. */
    public <C> Builder<A, C> step(String stage, ItemFunction<? super B, Handed<C>> function) {
      return step(stage, StageOptions.ofDefaults(), function);
    }

    /** Makes one item of each, and may change its context for the stages to come. */
    @SuppressWarnings("unchecked") // the stage before makes Bs
    public <C> Builder<A, C> step(
        String stage, StageOptions options, ItemFunction<? super B, Handed<C>> function) {
      requireNonNull(function, "function");
      return add(
          stage,
          options,
          (ctx, item) ->
              List.of(requireNonNull(function.apply(ctx, (B) item), "the function's result")),
          0);
    }

    /** Lets through what satisfies a condition, and drops the rest. */
    @SuppressWarnings("unchecked") // the stage before makes Bs
    public Builder<A, B> filter(String stage, BiPredicate<Context, ? super B> condition) {
      requireNonNull(condition, "condition");
      return add(
          stage,
          StageOptions.ofDefaults(),
          (ctx, item) -> condition.test(ctx, (B) item) ? List.of(Handed.of(item)) : List.of(),
          0);
    }

    /** Makes any number of items of each. */
    public <C> Builder<A, C> flatMap(
        String stage, ItemFunction<? super B, ? extends Iterable<? extends C>> function) {
      return flatMap(stage, StageOptions.ofDefaults(), function);
    }

    /** Makes any number of items of each. */
    @SuppressWarnings("unchecked") // the stage before makes Bs
    public <C> Builder<A, C> flatMap(
        String stage,
        StageOptions options,
        ItemFunction<? super B, ? extends Iterable<? extends C>> function) {
      requireNonNull(function, "function");
      return add(
          stage,
          options,
          (ctx, item) -> {
            List<Handed<?>> all = new ArrayList<>();
            for (Object one : function.apply(ctx, (B) item)) {
              all.add(Handed.of(one));
            }
            return all;
          },
          0);
    }

    /**
     * Makes one item of several: lists of a size, the last one perhaps shorter. A batch has a new
     * context below the run's; those of its items stay open until it leaves.
     *
     * @param size at least 1
     */
    public Builder<A, List<B>> batch(String stage, int size) {
      Arguments.requireAtLeastOne(size, "size");
      return add(stage, StageOptions.ofDefaults(), (ctx, items) -> List.of(Handed.of(items)), size);
    }

    /**
     * Goes on with the other items when a stage throws an {@link Exception} on one; see {@link
     * PipelineResult#failures}. Default: the first failure ends the run.
     */
    public Builder<A, B> skipFailures() {
      skipFailures = true;
      return this;
    }

    /** How long a thread may go on after its interrupt before it is given up. Default: 100 ms. */
    public Builder<A, B> grace(Duration newGrace) {
      grace = requireNonNull(newGrace, "grace");
      return this;
    }

    /** Runs the stages; needs a thread for each of them. Default: the time source's executor. */
    public Builder<A, B> executor(Executor newExecutor) {
      executor = requireNonNull(newExecutor, "executor");
      return this;
    }

    /** The pipeline. */
    public Pipeline<A, B> build() {
      return new Pipeline<>(this);
    }
  }

  /** The one-item form: stage after stage on one thread. */
  private static final class OneByOne {

    static List<Item> through(Pipeline<?, ?> pipeline, Context ctx, Object first) {
      @SuppressWarnings("MustBeClosed") // closed with the item
      CancellableContext scope = ctx.withCancel();
      List<Item> items = List.of(new Item(first, scope, new Item.Trip(scope, List.of())));
      try {
        for (Stage stage : pipeline.stages) {
          items = stage.isBatch() ? batches(stage, ctx, items) : all(pipeline, stage, items);
        }
        return items;
      } catch (Throwable failure) {
        scope.close();
        throw failure;
      }
    }

    private static List<Item> all(Pipeline<?, ?> pipeline, Stage stage, List<Item> items) {
      List<Item> made = new ArrayList<>();
      for (Item item : items) {
        try {
          made.addAll(StageWork.apply(stage, item));
        } catch (Throwable failure) {
          throw new StageFailedException(pipeline.name, stage.name(), item.value(), failure);
        }
      }
      return made;
    }

    private static List<Item> batches(Stage stage, Context ctx, List<Item> items) {
      List<Item> made = new ArrayList<>();
      for (int from = 0; from < items.size(); from += stage.batch()) {
        made.add(
            StageWork.batch(
                ctx, items.subList(from, Math.min(items.size(), from + stage.batch()))));
      }
      return made;
    }
  }
}
