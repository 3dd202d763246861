package dev.resilience.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.concurrent.WorkerPool.WhenFull;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.error.RejectedException;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Random mixes of submitting, cancelling, failing, retrying, forking children, resizing and
 * shutting down: each accepted task ends exactly once and is counted once, never more run than
 * there are workers, nothing begins after the pool was closed, and nobody stays registered.
 */
class WorkerPoolPropertyTest {

  @Test
  void each_accepted_task_ends_exactly_once() {
    Schedules.check(600, (seed, random) -> new Run(seed, random).play());
  }

  private static final class Run implements PoolListener {

    private final RandomGenerator random;
    private final VirtualTime.Automatic time;
    private final Context root;
    private final CancellableContext owner;
    private final WorkerPool pool;
    private final Map<PoolTask<?>, Integer> ends = new HashMap<>();
    private final List<PoolTask<?>> accepted = new ArrayList<>();
    private int running;
    private int mostWorkers;
    private int tooMany;
    private boolean closed;
    private int beganClosed;
    private int stubborn;

    Run(long seed, RandomGenerator random) {
      this.random = random;
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time);
      this.owner = root.withCancel();
      this.mostWorkers = 1 + random.nextInt(3);
      this.pool =
          WorkerPool.builder("p")
              .workers(mostWorkers)
              .queue(random.nextInt(6))
              .whenFull(List.of(WhenFull.values()).get(random.nextInt(3)))
              .taskTimeout(Duration.ofMillis(80))
              .ageing(Duration.ofMillis(20))
              .grace(Duration.ofMillis(10))
              .drainTimeout(Duration.ofMillis(60))
              .listener(this)
              .open(owner);
    }

    void play() throws Exception {
      time.run(
          () -> {
            TaskStream results = pool.results();
            int submitters = 1 + random.nextInt(4);
            var threads = new ArrayList<dev.resilience.time.Participant>();
            for (int i = 0; i < submitters; i++) {
              threads.add(time.start("submitter-" + i, this::submitSome));
            }
            if (random.nextInt(3) == 0) {
              threads.add(
                  time.start(
                      "resizer",
                      () -> {
                        root.sleep(millis(60));
                        int workers = 1 + random.nextInt(4);
                        mostWorkers = Math.max(mostWorkers, workers);
                        pool.resize(workers);
                      }));
            }
            root.sleep(millis(150));
            int how = random.nextInt(3);
            if (how == 0) {
              owner.cancel(CancelReason.SHUTDOWN);
            } else if (how == 1) {
              ShutdownReport report = pool.shutdown(root);
              assertThat(report.abandoned().size()).isLessThanOrEqualTo(stubborn);
            }
            pool.close();
            closed = true;
            for (var thread : threads) {
              thread.join();
            }
            int streamed = 0;
            for (var t = results.next(root); t.isPresent(); t = results.next(root)) {
              streamed++;
            }
            assertThat(streamed).isEqualTo(accepted.size());
            return null;
          });
      check();
    }

    private void check() {
      assertThat(accepted).allSatisfy(task -> assertThat(task.isEnded()).isTrue());
      assertThat(ends.keySet()).containsExactlyInAnyOrderElementsOf(accepted);
      assertThat(ends.values()).allMatch(times -> times == 1);
      assertThat(beganClosed).isZero();
      assertThat(tooMany).isZero();
      assertThat(running).isZero();
      PoolSnapshot snapshot = pool.snapshot();
      assertThat(snapshot.accepted()).isEqualTo(accepted.size()).isEqualTo(snapshot.ended());
      assertThat(snapshot.running() + snapshot.queued() + snapshot.delayed()).isZero();
      for (TaskState state : TaskState.values()) {
        long counted = accepted.stream().filter(task -> task.state() == state).count();
        long said =
            switch (state) {
              case DONE -> snapshot.done();
              case FAILED -> snapshot.failed();
              case TIMED_OUT -> snapshot.timedOut();
              case CANCELLED -> snapshot.cancelled();
              case DROPPED -> snapshot.dropped();
              case QUEUED, RUNNING -> 0;
            };
        assertThat(said).as(state.name()).isEqualTo(counted);
      }
      assertThat(time.pendingTimers()).isZero();
      if (!owner.isDone()) {
        assertThat(ContextProbe.waiters(owner)).isZero();
      }
    }

    private void submitSome() throws InterruptedException {
      int tasks = 1 + random.nextInt(8);
      for (int i = 0; i < tasks; i++) {
        CancellableContext request =
            random.nextBoolean() ? root.withTimeout(millis(120)) : root.withCancel();
        submit(random.nextInt(4) == 0 ? Criticality.SHEDDABLE.in(request) : request, 0);
        root.sleep(millis(20));
        if (random.nextInt(6) == 0) {
          request.cancel(CancelReason.USER);
        }
      }
    }

    private void submit(Context ctx, int depth) {
      TaskSpec<Object> spec =
          TaskSpec.<Object>of("t", c -> body(c, depth)).withPriority(1 + random.nextInt(5));
      if (random.nextInt(3) == 0) {
        spec = spec.withRetry(3, failed -> millis(20));
      }
      if (random.nextInt(6) == 0) {
        spec = spec.withExpected(millis(40));
      }
      try {
        PoolTask<Object> task = pool.submit(ctx, spec);
        if (random.nextInt(8) == 0) {
          task.cancel(CancelReason.SUPERSEDED);
        }
      } catch (RejectedException | ContextException refused) {
        assertThat(refused).isNotNull();
      }
    }

    private Object body(Context ctx, int depth) throws Exception {
      beganClosed += closed ? 1 : 0;
      tooMany += ++running > mostWorkers ? 1 : 0;
      try {
        int kind = random.nextInt(8);
        if (kind == 0) {
          throw new IllegalArgumentException("a bug");
        } else if (kind == 1) {
          ctx.sleep(millis(20));
          throw new Exception("failed");
        } else if (kind == 2) {
          throw new StackOverflowError();
        } else if (kind == 3) {
          ignoreInterrupts();
        } else if (kind == 4 && depth < 2 && pool.snapshot().queued() == 0) {
          submit(ctx, depth + 1);
        } else {
          ctx.sleep(millis(40));
        }
        return "good";
      } finally {
        running--;
      }
    }

    private void ignoreInterrupts() {
      stubborn++;
      long until = time.nanoTime() + millis(50).toNanos();
      while (until - time.nanoTime() > 0) {
        time.parkUntil("ignores interrupts", until);
        boolean unused = Thread.interrupted();
      }
    }

    @Override
    public void onAccepted(PoolTask<?> task) {
      accepted.add(task);
    }

    @Override
    public void onEnded(PoolTask<?> task) {
      ends.merge(task, 1, Integer::sum);
    }

    private Duration millis(int most) {
      return Duration.ofMillis(random.nextInt(most));
    }
  }
}
