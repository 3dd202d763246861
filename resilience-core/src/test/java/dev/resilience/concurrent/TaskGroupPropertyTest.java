package dev.resilience.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Schedules;
import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Random tasks that succeed, fail, throw errors, ignore interrupts, fork, and open groups, under
 * random limits and cancellations: each ends exactly once, a group never waits past the end of its
 * context plus the grace, nothing begins after it was closed, and nobody stays registered.
 */
class TaskGroupPropertyTest {

  private static final Duration GRACE = Duration.ofMillis(10);

  @Test
  void each_task_is_accounted_for_exactly_once() {
    Schedules.check(800, (seed, random) -> new Run(seed, random).play());
  }

  private static final class Run {

    private final RandomGenerator random;
    private final VirtualTime.Automatic time;
    private final Context root;
    private final List<Handed> handed = new ArrayList<>();

    private static final class Handed {
      Task<?> task;
      int began;
      int stopped;
      boolean closed;
      boolean beganClosed;
    }

    Run(long seed, RandomGenerator random) {
      this.random = random;
      this.time = VirtualTime.automatic(seed);
      this.root = Context.background(time);
    }

    void play() throws Exception {
      CancellableContext parent = root.withCancel();
      time.run(
          () -> {
            if (random.nextInt(3) == 0) {
              time.start(
                  "canceller",
                  () -> {
                    root.sleep(millis(60));
                    parent.cancel(CancelReason.USER);
                  });
            }
            group(parent, 0);
            return null;
          });
      for (Handed one : handed) {
        assertThat(one.task.isEnded()).isTrue();
        assertThat(one.beganClosed).isFalse();
        assertThat(one.began).isEqualTo(one.stopped).isLessThanOrEqualTo(1);
        if (one.began == 0) {
          assertThat(one.task.state()).isIn(TaskState.CANCELLED, TaskState.TIMED_OUT);
        }
      }
      assertThat(ContextProbe.waiters(parent)).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    private void group(Context owner, int depth) {
      CancellableContext own =
          random.nextBoolean() ? owner.withTimeout(millis(80)) : owner.withCancel();
      long end = own.deadline().map(d -> d.nanos()).orElse(time.nanoTime() + 1_000_000_000L);
      List<Handed> mine = new ArrayList<>();
      Ending ending = List.of(Ending.values()).get(random.nextInt(3));
      TaskGroup.Builder builder = TaskGroup.builder("g").ending(ending).grace(GRACE);
      if (random.nextInt(3) == 0) {
        builder.maxConcurrent(1 + random.nextInt(3));
      }
      try (TaskGroup<Object> group = builder.open(own)) {
        int tasks = 1 + random.nextInt(6);
        for (int i = 0; i < tasks; i++) {
          fork(group, mine, depth);
        }
        if (random.nextInt(4) == 0) {
          time.start(
              "other hand",
              () -> {
                root.sleep(millis(50));
                if (random.nextBoolean()) {
                  group.cancel(CancelReason.SUPERSEDED);
                } else {
                  mine.get(0).task.cancel(CancelReason.USER);
                }
              });
        }
        if (random.nextInt(5) > 0) {
          try {
            TaskResults<Object> results = group.join();
            assertThat(results.tasks()).hasSizeGreaterThanOrEqualTo(tasks);
          } catch (TaskFailedException | ContextException | IllegalStateException ended) {
            assertThat(ending == Ending.COLLECT_ALL && !(ended instanceof IllegalStateException))
                .isFalse();
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      for (Handed one : mine) {
        one.closed = true;
        assertThat(one.task.isEnded()).isTrue();
      }
      // Tasks overrun their own ends by 30 ms at most, so a group without a deadline ends, too.
      assertThat(time.nanoTime() - end).isLessThanOrEqualTo(2 * GRACE.toNanos());
      own.close();
    }

    private void fork(TaskGroup<Object> group, List<Handed> mine, int depth) {
      Handed one = new Handed();
      ContextTask<Object> body = c -> body(group, mine, depth, one, c);
      handed.add(one);
      mine.add(one);
      try {
        one.task =
            random.nextInt(3) == 0
                ? group.fork("limited", millis(40), body)
                : group.fork("task", body);
      } catch (IllegalStateException tooLate) {
        handed.remove(one);
        mine.remove(one);
      }
    }

    private Object body(
        TaskGroup<Object> group, List<Handed> mine, int depth, Handed me, Context ctx)
        throws Exception {
      me.beganClosed |= me.closed;
      me.began++;
      try {
        int kind = random.nextInt(8);
        if (kind == 0) {
          throw new IllegalArgumentException("a bug");
        } else if (kind == 1) {
          ctx.sleep(millis(30));
          throw new Exception("failed");
        } else if (kind == 2) {
          throw new StackOverflowError();
        } else if (kind == 3) {
          ignoreInterrupts();
        } else if (kind == 4 && depth < 2) {
          group(ctx, depth + 1);
        } else if (kind == 5 && depth < 2) {
          fork(group, mine, depth + 1);
        } else {
          ctx.sleep(millis(60));
        }
        return "good";
      } finally {
        me.stopped++;
      }
    }

    private void ignoreInterrupts() {
      long until = time.nanoTime() + millis(70).toNanos();
      while (until - time.nanoTime() > 0) {
        time.parkUntil("ignores interrupts", until);
        boolean unused = Thread.interrupted();
      }
    }

    private Duration millis(int most) {
      return Duration.ofMillis(random.nextInt(most));
    }
  }
}
