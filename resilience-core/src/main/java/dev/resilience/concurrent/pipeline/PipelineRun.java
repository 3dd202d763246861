package dev.resilience.concurrent.pipeline;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.resilience.concurrent.AbandonedTask;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.concurrent.TaskResults;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Registration;
import dev.resilience.context.ThreadBinding;
import dev.resilience.context.ThreadBinding.Bound;
import dev.resilience.time.Deadline;
import dev.resilience.time.Durations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One run. Source, stages and sink are tasks of one group, connected by channels.
 *
 * <p>The group is out of reach of the run's deadline, because some items may be, too: it is
 * cancelled when the deadline has passed and no item with more time is left. Until then items that
 * have no more time are left behind where they stand.
 */
final class PipelineRun<A, B> {

  private final Pipeline<A, B> pipeline;
  private final Context ctx;
  private final @Nullable Deadline deadline;
  private final List<Channel<Item>> channels = new ArrayList<>();
  private final List<StageCounts> counts = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final ConcurrentLinkedQueue<StageFailedException> skipped = new ConcurrentLinkedQueue<>();
  private final AtomicInteger withMoreTime = new AtomicInteger();
  private final AtomicLong delivered = new AtomicLong();
  private volatile boolean leftBehind;
  private @Nullable TaskGroup<String> group;

  PipelineRun(Pipeline<A, B> pipeline, Context ctx) {
    this.pipeline = pipeline;
    this.ctx = requireNonNull(ctx, "ctx");
    this.deadline = ctx.deadline().orElse(null);
  }

  PipelineResult<B> collect(Source<? extends A> source) throws InterruptedException {
    List<B> results = new ArrayList<>();
    return run(source, (c, result) -> results.add(result), results);
  }

  PipelineResult<B> run(Source<? extends A> source, Sink<? super B> sink)
      throws InterruptedException {
    return run(source, sink, List.of());
  }

  private PipelineResult<B> run(Source<? extends A> source, Sink<? super B> sink, List<B> collected)
      throws InterruptedException {
    int producers = 1;
    for (Stage stage : pipeline.stages) {
      channels.add(new Channel<>(stage.options().queue, producers));
      counts.add(new StageCounts());
      producers = stage.options().parallelism;
    }
    channels.add(new Channel<>(StageOptions.ofDefaults().queue, producers));
    List<AbandonedTask> abandoned;
    try (CancellableContext machine = ctx.withMoreTime(Durations.MAX);
        TaskGroup<String> tasks = open(machine);
        Registration end = ctx.onDone(this::cancelIfNobodyHasTime)) {
      group = tasks;
      fork(tasks, source, sink);
      if (ctx.isDone()) {
        cancelIfNobodyHasTime();
      }
      TaskResults<String> ended = tasks.join();
      abandoned = ended.abandoned();
      if (!ended.isComplete()) {
        leftBehind = true; // who was cut off had something in his hands, or more to read
      }
    } finally {
      source.close();
      clear();
    }
    return new PipelineResult<>(
        pipeline.name,
        collected,
        delivered.get(),
        reason(),
        List.copyOf(skipped),
        stageResults(),
        abandoned);
  }

  @MustBeClosed
  private TaskGroup<String> open(Context machine) {
    TaskGroup.Builder builder =
        TaskGroup.builder(pipeline.name).ending(Ending.COLLECT_ALL).grace(pipeline.grace);
    if (pipeline.executor != null) {
      builder.executor(pipeline.executor);
    }
    return builder.open(machine);
  }

  private void fork(TaskGroup<String> tasks, Source<? extends A> source, Sink<? super B> sink) {
    tasks.fork("source", c -> guarded(c, () -> feed(c, source)));
    for (int i = 0; i < pipeline.stages.size(); i++) {
      Stage stage = pipeline.stages.get(i);
      Worker worker = new Worker(stage, counts.get(i), channels.get(i), channels.get(i + 1));
      for (int n = 0; n < stage.options().parallelism; n++) {
        tasks.fork(stage.name(), c -> guarded(c, () -> worker.work(c)));
      }
    }
    Channel<Item> last = channels.get(channels.size() - 1);
    tasks.fork("sink", c -> guarded(c, () -> deliver(c, last, sink)));
  }

  @FunctionalInterface
  private interface Body {
    void run() throws Exception;
  }

  /** The first failure of a task ends the run; what follows from the end does not count. */
  private String guarded(Context task, Body body) throws Exception {
    try {
      body.run();
      return "finished";
    } catch (Throwable thrown) {
      if (!task.isDone()) {
        fail(thrown);
      }
      throw thrown;
    }
  }

  private void fail(Throwable thrown) {
    if (failure.compareAndSet(null, thrown)) {
      requireNonNull(group).cancel(thrown);
    }
  }

  /** The run's context has ended: the machine stops unless an item may go on. */
  private void cancelIfNobodyHasTime() {
    TaskGroup<String> tasks = group;
    if (tasks != null && withMoreTime.get() == 0) {
      tasks.cancel(requireNonNull(ctx.error()));
    }
  }

  private @Nullable Throwable reason() {
    Throwable thrown = failure.get();
    if (thrown != null) {
      return thrown;
    }
    return leftBehind && ctx.isDone() ? ctx.toException() : null;
  }

  private List<StageResult> stageResults() {
    List<StageResult> results = new ArrayList<>();
    for (int i = 0; i < counts.size(); i++) {
      results.add(new StageResult(pipeline.stages.get(i).name(), counts.get(i)));
    }
    return results;
  }

  /** What stands in queues leaves, so that its contexts are closed. */
  private void clear() {
    for (Channel<Item> channel : channels) {
      for (Item item = channel.poll(); item != null; item = channel.poll()) {
        leftBehind = true;
        item.leave();
      }
    }
  }

  // ---- the tasks

  private void feed(Context task, Source<? extends A> source) throws Exception {
    Channel<Item> first = channels.get(0);
    try {
      A value = next(source);
      while (value != null) {
        @SuppressWarnings("MustBeClosed") // closed with the item
        CancellableContext scope = ctx.withCancel();
        Item item = new Item(value, scope, new Item.Trip(scope, List.of()));
        hand(ctx, first, List.of(item));
        value = next(source);
      }
    } catch (ContextException end) {
      if (!ctx.isDone() || task.isDone()) {
        throw end;
      }
      leftBehind = true; // no more items; those with more time go on
    } finally {
      first.finished();
    }
  }

  private @Nullable A next(Source<? extends A> source) throws Exception {
    Optional<A> value = ctx.interruptibly(() -> Optional.<A>ofNullable(source.next(ctx)));
    return value.orElse(null);
  }

  /** Passes items on; those that cannot be leave. */
  private static void hand(Context waiting, Channel<Item> to, List<Item> items)
      throws InterruptedException {
    int passed = 0;
    try {
      for (Item item : items) {
        to.put(waiting, item);
        passed++;
      }
    } finally {
      for (Item item : items.subList(passed, items.size())) {
        item.leave();
      }
    }
  }

  @SuppressWarnings("unchecked") // the last stage makes Bs, as the builder has checked
  private void deliver(Context task, Channel<Item> last, Sink<? super B> sink) throws Exception {
    Channel.Taken<Item> taken = last.take(task);
    while (taken != null) {
      Item item = taken.item();
      try (Bound bound = ThreadBinding.bind(item.ctx())) {
        sink.accept(item.ctx(), (B) item.value());
        delivered.incrementAndGet();
      } finally {
        item.leave();
      }
      taken = last.take(task);
    }
  }

  /** A stage at work, by as many threads as it has. */
  private final class Worker {

    private final Stage stage;
    private final StageCounts passed;
    private final Channel<Item> in;
    private final Channel<Item> out;
    private final @Nullable Turns turns;

    Worker(Stage stage, StageCounts passed, Channel<Item> in, Channel<Item> out) {
      this.stage = stage;
      this.passed = passed;
      this.in = in;
      this.out = out;
      this.turns = stage.options().ordered && stage.options().parallelism > 1 ? new Turns() : null;
    }

    void work(Context task) throws Exception {
      try {
        if (stage.isBatch()) {
          collect(task);
          return;
        }
        Channel.Taken<Item> taken = in.take(task);
        while (taken != null) {
          passed.in.incrementAndGet();
          pass(task, taken.number(), make(task, taken.item()));
          taken = in.take(task);
        }
      } finally {
        out.finished();
      }
    }

    private void pass(Context task, long number, List<Item> made) throws InterruptedException {
      if (turns != null) {
        boolean myTurn = false;
        try {
          turns.await(task, number);
          myTurn = true;
        } finally {
          if (!myTurn) {
            made.forEach(Item::leave);
          }
        }
      }
      hand(task, out, made);
      passed.out.addAndGet(made.size());
      if (turns != null) {
        turns.passed();
      }
    }

    private List<Item> make(Context task, Item item) throws Exception {
      try {
        List<Item> made = StageWork.apply(stage, item);
        made.forEach(one -> noteMoreTime(one, item));
        return made;
      } catch (Throwable thrown) {
        item.leave();
        if (task.isDone()) {
          throw thrown;
        }
        if (ctx.isDone() && item.ctx().isDone() && thrown instanceof ContextException) {
          leftBehind = true;
          return List.of();
        }
        passed.failed.incrementAndGet();
        StageFailedException failed =
            new StageFailedException(pipeline.name, stage.name(), item.value(), thrown);
        if (!pipeline.skipFailures || !(thrown instanceof Exception)) {
          throw failed;
        }
        skipped.add(failed);
        return List.of();
      }
    }

    /** An item that may outlive the run's deadline keeps the machine running for that long. */
    private void noteMoreTime(Item made, Item before) {
      if (deadline == null || made.ctx() == before.ctx()) {
        return;
      }
      Deadline own = made.ctx().deadline().orElse(null);
      if (own == null || deadline.isBefore(own)) {
        withMoreTime.incrementAndGet();
        made.ctx().onDone(this::oneLessWithMoreTime);
      }
    }

    private void oneLessWithMoreTime() {
      if (withMoreTime.decrementAndGet() == 0 && ctx.isDone()) {
        cancelIfNobodyHasTime();
      }
    }

    private void collect(Context task) throws InterruptedException {
      List<Item> batch = new ArrayList<>(stage.batch());
      try {
        Channel.Taken<Item> taken = in.take(task);
        while (taken != null) {
          passed.in.incrementAndGet();
          batch.add(taken.item());
          if (batch.size() == stage.batch()) {
            emit(task, batch);
          }
          taken = in.take(task);
        }
        if (!batch.isEmpty()) {
          emit(task, batch);
        }
      } finally {
        batch.forEach(Item::leave);
      }
    }

    private void emit(Context task, List<Item> batch) throws InterruptedException {
      Item whole = StageWork.batch(ctx, batch);
      batch.clear(); // they leave with it
      hand(task, out, List.of(whole));
      passed.out.incrementAndGet();
    }
  }
}
