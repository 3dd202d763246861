package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.concurrent.WorkerPool.WhenFull;
import dev.resilience.concurrent.pipeline.Pipeline;
import dev.resilience.concurrent.pipeline.PipelineResult;
import dev.resilience.concurrent.pipeline.StageOptions;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many small tasks on real threads, with random cancellations: none is lost, and nobody stays
 * registered. {@code -Dresilience.tasks=1000000} takes more than the default.
 */
class ConcurrencyStressTest {

  private static final int TASKS = Integer.getInteger("resilience.tasks", 30_000);

  private final CancellableContext root = Context.background().withCancel();

  private static void maybeWork(Context ctx) throws InterruptedException {
    int dice = ThreadLocalRandom.current().nextInt(1_000);
    if (dice == 0) {
      ctx.sleep(ofMillis(1));
    } else if (dice == 1) {
      throw new IllegalStateException("bad luck");
    }
  }

  @Test
  void groups() throws Exception {
    LongAdder ended = new LongAdder();
    int groups = TASKS / 100;
    for (int g = 0; g < groups; g++) {
      try (var request = root.withCancel();
          TaskGroup<Integer> group =
              TaskGroup.builder("g").ending(Ending.COLLECT_ALL).maxConcurrent(8).open(request)) {
        for (int t = 0; t < 100; t++) {
          int number = t;
          group.fork(
              c -> {
                maybeWork(c);
                if (number == 50 && ThreadLocalRandom.current().nextInt(4) == 0) {
                  request.cancel(CancelReason.USER);
                }
                return number;
              });
        }
        TaskResults<Integer> results = group.join();
        assertThat(results.abandoned()).isEmpty();
        ended.add(results.tasks().stream().filter(task -> task.state().isEnd()).count());
      }
    }
    assertThat(ended.sum()).isEqualTo(100L * groups);
    assertThat(ContextProbe.waiters(root)).isZero();
  }

  @Test
  void pool() throws Exception {
    LongAdder ended = new LongAdder();
    var counting =
        new PoolListener() {
          @Override
          public void onEnded(PoolTask<?> task) {
            ended.increment();
          }
        };
    AtomicLong accepted = new AtomicLong();
    WorkerPool pool =
        WorkerPool.builder("stress")
            .workers(4)
            .queue(64)
            .whenFull(WhenFull.WAIT)
            .listener(counting)
            .open(root);
    try (TaskGroup<String> submitters = TaskGroup.open(root)) {
      for (int s = 0; s < 3; s++) {
        submitters.fork(
            c -> {
              CancellableContext request = c.withCancel();
              for (int i = 0; i < TASKS / 3; i++) {
                try {
                  pool.submit(
                      request,
                      "t",
                      cc -> {
                        maybeWork(cc);
                        return "done";
                      });
                  accepted.incrementAndGet();
                } catch (ContextException cancelled) {
                  request = c.withCancel();
                }
                if (i % 100 == 99) {
                  request.cancel(CancelReason.USER);
                  request = c.withCancel();
                }
              }
              request.close();
              return "submitted";
            });
      }
      submitters.join();
    }
    ShutdownReport report = pool.shutdown(root.withTimeout(ofSeconds(60)));
    assertThat(report.abandoned()).isEmpty();
    PoolSnapshot snapshot = pool.snapshot();
    assertThat(snapshot.accepted()).isEqualTo(accepted.get()).isEqualTo(snapshot.ended());
    assertThat(ended.sum()).isEqualTo(accepted.get());
    assertThat(pool.tasks()).isEmpty();
  }

  @Test
  void pipeline() throws Exception {
    Pipeline<Long, Long> pipeline =
        Pipeline.<Long>builder("stress")
            .map("one", StageOptions.parallel(2), (c, n) -> n + 1)
            .filter("two", (c, n) -> n % 10 != 0)
            .map("three", StageOptions.parallel(3).unordered(), (c, n) -> n * 2)
            .build();
    long items = TASKS;
    PipelineResult<Long> result =
        pipeline.run(
            root,
            () -> LongStream.range(0, items).boxed().iterator(),
            (c, n) -> assertThat(n).isPositive());
    assertThat(result.isComplete()).isTrue();
    assertThat(result.delivered()).isEqualTo(items - items / 10);
    for (int run = 0; run < 20; run++) {
      try (CancellableContext request = root.withCancel()) {
        long stopAt = ThreadLocalRandom.current().nextLong(200);
        Iterable<Long> endless =
            () -> {
              Iterator<Long> all = LongStream.iterate(0, n -> n + 1).iterator();
              return all;
            };
        PipelineResult<Long> stopped =
            pipeline.run(
                request,
                endless,
                (c, n) -> {
                  if (n >= stopAt) {
                    request.cancel(CancelReason.USER);
                  }
                });
        assertThat(stopped.isComplete()).isFalse();
        assertThat(stopped.abandoned()).isEmpty();
      }
    }
    assertThat(ContextProbe.waiters(root)).isZero();
  }

  /** Far more sleepers than threads could be, where the JVM has virtual ones. */
  @Test
  void sleepers_cancelled_at_once() throws Exception {
    int sleepers = Runtime.version().feature() >= 21 ? Math.min(TASKS, 100_000) : 200;
    try (TaskGroup<String> group = TaskGroup.open(root, Ending.COLLECT_ALL)) {
      AtomicLong asleep = new AtomicLong();
      for (int i = 0; i < sleepers; i++) {
        group.fork(
            c -> {
              asleep.incrementAndGet();
              c.sleep(ofMinutes(10));
              return "never";
            });
      }
      while (asleep.get() < sleepers) {
        root.sleep(ofMillis(1));
      }
      group.cancel(CancelReason.USER);
      TaskResults<String> results = group.join();
      assertThat(results.count(TaskState.CANCELLED)).isEqualTo(sleepers);
    }
    assertThat(ContextProbe.waiters(root)).isZero();
  }
}
