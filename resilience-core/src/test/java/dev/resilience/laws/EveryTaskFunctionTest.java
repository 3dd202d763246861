package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.concurrent.Cleanup;
import dev.resilience.concurrent.Conditions;
import dev.resilience.concurrent.GracefulShutdown;
import dev.resilience.concurrent.Loan;
import dev.resilience.concurrent.Operation;
import dev.resilience.concurrent.Operations;
import dev.resilience.concurrent.PoolListener;
import dev.resilience.concurrent.PoolTask;
import dev.resilience.concurrent.Progress;
import dev.resilience.concurrent.ResourcePool;
import dev.resilience.concurrent.ResourcePoolListener;
import dev.resilience.concurrent.SystemLoad;
import dev.resilience.concurrent.TaskGroup;
import dev.resilience.concurrent.TaskSpec;
import dev.resilience.concurrent.WorkerPool;
import dev.resilience.concurrent.pipeline.Handed;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextProbe;
import dev.resilience.diagnostics.Leak;
import dev.resilience.diagnostics.LeakDetector;
import dev.resilience.diagnostics.LeakListener;
import dev.resilience.diagnostics.LeakSnapshot;
import dev.resilience.error.RejectedException;
import dev.resilience.propagation.Boundary;
import dev.resilience.propagation.Carriers;
import dev.resilience.propagation.Propagation;
import dev.resilience.time.VirtualTime;
import dev.resilience.trace.SpanListener;
import dev.resilience.trace.SpanRecord;
import dev.resilience.trace.SpanTree;
import dev.resilience.trace.Tracing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Law 13 for tasks, pools, pipelines, shutdown and what looks on: as {@link EveryUserFunctionTest}
 * does for policies, every function that a user gives to a builder does mischief at random.
 */
class EveryTaskFunctionTest {

  private static final List<String> KINDS =
      List.of(
          "Conditions",
          "GracefulShutdown",
          "LeakDetector",
          "Pipeline",
          "Progress",
          "Propagation",
          "ResourcePool",
          "SpanTree",
          "SystemLoad",
          "TaskSpec",
          "WorkerPool");

  /** They are what other functions are wrapped in, and are asked by all that has a listener. */
  private static final List<String> WRAPPERS =
      List.of("PolicyListener", "CallReportListener", "ClientPropagation", "WorkContext");

  /** Asked by policies. */
  private static final List<String> OF_POLICIES =
      List.of(
          "AdaptiveTimeout",
          "Backoff",
          "Breaker",
          "CallReportCollector",
          "Chaos",
          "Classifier",
          "ConcurrencyLimit",
          "Context",
          "DiscardRules",
          "ErrorAnalysis",
          "Fallbacks",
          "Fault",
          "FirstSuccess",
          "FixedTimeout",
          "Hedge",
          "Key",
          "Preset",
          "RateLimit",
          "Resilience",
          "Retry",
          "ServiceTimeouts",
          "WithFallback");

  @Test
  void every_task_ends_and_everything_comes_back() throws Exception {
    Set<String> asked = Mischief.nobodyAsked();
    int schedules = 2_000;
    Schedules.check(schedules, (seed, random) -> new World(seed, random, asked).play());
    if (!Schedules.isOneAlone() && Schedules.count(schedules) >= 1000) {
      Set<String> all = UserFunctions.all();
      all.removeIf(function -> !isOneOf(KINDS, function));
      assertThat(Mischief.missing(all, asked))
          .as("functions of builders that this world does not ask: add them")
          .isEmpty();
    }
  }

  @Test
  void whoever_takes_a_function_belongs_to_one_of_the_worlds() throws Exception {
    List<String> known = Stream.of(KINDS, WRAPPERS, OF_POLICIES).flatMap(List::stream).toList();
    assertThat(UserFunctions.all()).hasSizeGreaterThan(60).allMatch(it -> isOneOf(known, it));
  }

  private static boolean isOneOf(List<String> types, String function) {
    return types.stream().anyMatch(type -> function.startsWith(type + "."));
  }

  private static final class World {

    private final VirtualTime.Automatic time;
    private final CancellableContext root;
    private final RandomGenerator random;
    private final Mischief mischief;
    private final AtomicInteger ended = new AtomicInteger();

    World(long seed, RandomGenerator random, Set<String> asked) {
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time).withCancel();
      this.random = random;
      this.mischief = new Mischief(random, root, asked);
    }

    private <R> R act(String function, R result) {
      return mischief.act(function, result);
    }

    private Duration time(int millis) {
      return ofMillis(1 + random.nextInt(millis));
    }

    private String task(Context ctx) throws InterruptedException {
      ctx.sleep(time(40));
      return mischief.actOrNull("TaskSpec.of", "done");
    }

    void play() throws Exception {
      int threads = 1 + random.nextInt(2);
      time.run(
          () -> {
            for (int i = 0; i < threads; i++) {
              time.start("user " + i, this::user);
            }
            return null;
          });
      assertThat(ended).as("users that came to an end").hasValue(threads);
      assertThat(ContextProbe.waiters(root)).as("listeners").isZero();
      assertThat(time.pendingTimers()).as("timers").isZero();
    }

    private void user() {
      try (CancellableContext ctx =
          random.nextBoolean() ? root.withCancel() : root.withTimeout(time(200))) {
        switch (random.nextInt(9)) {
          case 0 -> group(ctx);
          case 1 -> operations(ctx);
          case 2, 3 -> pool(ctx);
          case 4 -> resources(ctx);
          case 5 -> pipeline(ctx);
          case 6 -> cleanup(ctx);
          case 7 -> shutdown();
          default -> onlookers(ctx);
        }
      } catch (AssertionError wrong) {
        throw wrong;
      } catch (Throwable any) {
        // As good as any.
      }
      Thread.interrupted();
      ended.incrementAndGet();
    }

    private <E extends Enum<E>> E any(Class<E> type) {
      List<E> all = List.copyOf(EnumSet.allOf(type));
      return all.get(random.nextInt(all.size()));
    }

    private void group(Context ctx) throws Exception {
      try (TaskGroup<String> group =
          TaskGroup.builder("group")
              .ending(any(TaskGroup.Ending.class))
              .grace(ofMillis(10))
              .open(ctx)) {
        for (int i = 0; i < 3; i++) {
          group.fork("task " + i, time(60), this::task);
        }
        group.join();
      }
    }

    private void operations(Context ctx) throws Exception {
      try (Operations operations = Operations.builder().grace(ofMillis(10)).open(ctx)) {
        Operation<String> one = operations.start("one", time(60), this::task);
        operations.start("two", this::task);
        operations.cancel("two", CancelReason.USER);
        one.await(ctx);
      }
    }

    private void pool(Context ctx) throws Exception {
      PoolListener listener =
          new PoolListener() {
            @Override
            public void onAccepted(PoolTask<?> task) {
              act("WorkerPool.Builder.listener", task);
            }

            @Override
            public void onStarted(PoolTask<?> task) {
              act("WorkerPool.Builder.listener", task);
            }

            @Override
            public void onEnded(PoolTask<?> task) {
              act("WorkerPool.Builder.listener", task);
            }

            @Override
            public void onRefused(String name, RejectedException why) {
              act("WorkerPool.Builder.listener", why);
            }
          };
      WorkerPool pool =
          WorkerPool.builder("pool")
              .workers(1 + random.nextInt(2))
              .queue(random.nextInt(3))
              .whenFull(any(WorkerPool.WhenFull.class))
              .taskTimeout(ofMillis(80))
              .grace(ofMillis(10))
              .drainTimeout(ofMillis(60))
              .listener(listener)
              .open(root);
      List<PoolTask<?>> tasks = new ArrayList<>();
      try (pool) {
        for (int i = 0; i < 3; i++) {
          tasks.add(
              pool.submit(
                  ctx,
                  TaskSpec.of(
                          "task " + i,
                          c -> {
                            Progress.report(c, 10);
                            return task(c);
                          })
                      .withRetry(2, n -> mischief.actOrNull("TaskSpec.withRetry", time(10)))));
        }
        tasks.get(random.nextInt(tasks.size())).await(ctx);
      } finally {
        root.sleep(ofSeconds(1)); // for those that were given up
        assertThat(tasks).allMatch(PoolTask::isEnded);
        assertThat(pool.snapshot().running()).as("tasks that run").isZero();
      }
    }

    private void resources(Context ctx) throws Exception {
      AtomicInteger open = new AtomicInteger();
      ResourcePoolListener listener =
          new ResourcePoolListener() {
            @Override
            public void onFailure(Throwable failure) {
              act("ResourcePool.Builder.listener", "told");
            }

            @Override
            public void onRevoked(Loan<?> loan) {
              act("ResourcePool.Builder.listener", "told");
            }

            @Override
            public void onLeakSuspected(Loan<?> loan) {
              act("ResourcePool.Builder.listener", "told");
            }
          };
      ResourcePool<String> pool =
          ResourcePool.<String>builder(
                  "resources",
                  c -> {
                    String resource = mischief.actOrNull("ResourcePool.builder", "resource");
                    if (resource != null) {
                      open.incrementAndGet();
                    }
                    return resource;
                  })
              .size(2)
              .closer(
                  (c, resource) -> {
                    open.decrementAndGet();
                    act("ResourcePool.Builder.closer", resource);
                  })
              .validator(resource -> act("ResourcePool.Builder.validator", random.nextBoolean()))
              .listener(listener)
              .leakAfter(ofMillis(30))
              .maintenance(ofMillis(20))
              .open(root);
      try (pool) {
        for (int i = 0; i < 3; i++) {
          try (Loan<String> loan = pool.borrow(ctx)) {
            ctx.sleep(time(40));
            if (random.nextInt(4) == 0) {
              loan.discard();
            }
          }
        }
      } finally {
        assertThat(pool.snapshot().lent()).as("lent").isZero();
        assertThat(pool.snapshot().waiting()).as("waiting").isZero();
        root.sleep(ofSeconds(1));
        assertThat(open).as("open resources").hasValue(0);
      }
    }

    private void pipeline(Context ctx) throws Exception {
      Pipeline.Builder<Integer, String> builder =
          Pipeline.<Integer>builder("pipeline")
              .grace(ofMillis(10))
              .filter("some", (c, item) -> act("Pipeline.Builder.filter", item > 0))
              .map("text", (c, item) -> mischief.actOrNull("Pipeline.Builder.map", "" + item))
              .flatMap(
                  "twice",
                  (c, item) -> mischief.actOrNull("Pipeline.Builder.flatMap", List.of(item, item)))
              .step(
                  "handed",
                  (c, item) -> mischief.actOrNull("Pipeline.Builder.step", Handed.of(item)));
      if (random.nextBoolean()) {
        builder.skipFailures();
      }
      builder
          .build()
          .run(
              ctx,
              List.of(1, 2, 3),
              (c, result) -> {
                c.sleep(time(5));
                act("Sink", result);
              });
    }

    private void cleanup(Context ctx) {
      AtomicInteger closed = new AtomicInteger();
      try (Cleanup cleanup = Cleanup.of(ctx)) {
        for (int i = 0; i < 3; i++) {
          cleanup.add(
              "resource " + i,
              i,
              (c, resource) -> {
                closed.incrementAndGet();
                act("Cleanup.add", resource);
              });
        }
      } finally {
        assertThat(closed).as("closed in spite of one that throws").hasValue(3);
      }
    }

    private void shutdown() throws Exception {
      AtomicInteger taken = new AtomicInteger();
      GracefulShutdown shutdown =
          GracefulShutdown.builder("shutdown")
              .listener(phase -> act("GracefulShutdown.Builder.listener", phase))
              .reporter(summary -> act("GracefulShutdown.Builder.reporter", summary))
              .open(root);
      for (GracefulShutdown.Phase phase :
          List.of(
              GracefulShutdown.Phase.ANNOUNCE,
              GracefulShutdown.Phase.DRAIN,
              GracefulShutdown.Phase.CANCEL)) {
        for (int i = 0; i < 2; i++) {
          shutdown.register(
              phase,
              phase + " " + i,
              c -> {
                taken.incrementAndGet();
                return act("GracefulShutdown.register", "taken");
              });
        }
      }
      shutdown.run("test");
      assertThat(taken).as("steps in spite of those that throw").hasValue(6);
      assertThat(shutdown.context().isDone()).isTrue();
    }

    private void onlookers(Context ctx) throws Exception {
      Conditions conditions =
          Conditions.builder("conditions")
              .when(
                  "one",
                  c -> act("Conditions.Builder.when", true),
                  c -> mischief.actOrNull("Conditions.Builder.when", c.withTimeout(ofSeconds(1))))
              .build();
      SystemLoad load =
          SystemLoad.builder()
              .figure(() -> act("SystemLoad.Builder.figure", 0.5))
              .queueWait(
                  () -> mischief.actOrNull("SystemLoad.Builder.queueWait", ofMillis(5)),
                  ofSeconds(1))
              .build();
      load.current(time);
      SpanTree spans =
          SpanTree.builder()
              .listener(
                  new SpanListener() {
                    @Override
                    public void onStarted(SpanRecord span) {
                      act("SpanTree.Builder.listener", span);
                    }

                    @Override
                    public void onEnded(SpanRecord span) {
                      act("SpanTree.Builder.listener", span);
                    }
                  })
              .record(ctx);
      Tracing.start(spans.context(), "span").close();
      assertThat(spans.spans()).allMatch(span -> span.state() != SpanRecord.State.OPEN);
      Progress.report(new Progress(share -> act("Progress.new", share)).in(ctx), 10);
      leaks();
      Propagation wire =
          Propagation.builder("service")
              .callers(Boundary.inside())
              .dependencies(Boundary.inside())
              .minimumTime(() -> mischief.actOrNull("Propagation.Builder.minimumTime", ofMillis(1)))
              .build();
      Map<String, String> headers = new HashMap<>();
      try (CancellableContext request = ctx.withTimeout(ofMillis(50))) {
        wire.inject(request, headers, Carriers.intoMap());
        wire.extract(request, headers, Carriers.map());
      }
      conditions.derive(ctx).close();
    }

    private void leaks() throws Exception {
      LeakListener listener =
          new LeakListener() {
            @Override
            public void onLeak(Leak leak) {
              act("LeakDetector.Builder.listener", leak);
            }

            @Override
            public void onAlert(LeakSnapshot snapshot) {
              act("LeakDetector.Builder.listener", snapshot);
            }
          };
      try (LeakDetector detector =
          LeakDetector.builder("leaks")
              .sampleOneIn(1)
              .olderThan(ofMillis(5))
              .alertAbove(0)
              .exempt(c -> act("LeakDetector.Builder.exempt", random.nextBoolean()))
              .listener(listener)
              .open(root)) {
        Context observed = Context.observed(time, detector);
        try (CancellableContext one = observed.withCancel()) {
          one.sleep(ofMillis(10));
          detector.sweep();
        }
      }
    }
  }
}
