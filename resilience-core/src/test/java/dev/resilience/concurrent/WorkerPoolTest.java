package dev.resilience.concurrent;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.concurrent.WorkerPool.WhenFull;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.error.RejectedException;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@Simulated(seed = 11)
class WorkerPoolTest {

  private final VirtualTime.Automatic time;
  private final Context root;

  WorkerPoolTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private static ContextTask<String> work(Duration duration) {
    return c -> {
      c.sleep(duration);
      return "done";
    };
  }

  private static ContextTask<String> stubborn(Duration until) {
    return c -> {
      long end = c.timeSource().nanoTime() + until.toNanos();
      while (end - c.timeSource().nanoTime() > 0) {
        c.timeSource().parkUntil("stubborn", end);
        boolean ignored = Thread.interrupted();
      }
      return "late";
    };
  }

  private static List<TaskState> states(List<? extends Task<?>> tasks) {
    return tasks.stream().<TaskState>map(Task::state).toList();
  }

  @Nested
  class As_the_guides_have_it {

    /** 000 "Worker pool with context": five jobs 100 ms apart, shut down after 3 s. */
    @Test
    void five_jobs_on_three_workers() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("jobs").workers(3).queue(10).open(root)) {
        var jobs = new ArrayList<PoolTask<String>>();
        for (int millis : List.of(500, 1000, 2000, 4000, 300)) {
          var job =
              TaskSpec.of("job-" + (jobs.size() + 1), work(ofMillis(millis)))
                  .withTimeout(ofMillis(millis + 1000));
          jobs.add(pool.submit(root, job));
          root.sleep(ofMillis(100));
        }
        root.sleep(ofMillis(2500));

        ShutdownReport report = pool.shutdown(root);

        assertThat(states(jobs)).containsOnly(TaskState.DONE);
        assertThat(report.drained()).extracting(PoolTask::name).containsExactly("job-4");
        assertThat(report.isClean()).isTrue();
        // job-4 had to wait for job-1, and has its 4 s from then on.
        assertThat(jobs.get(3).waited()).isEqualTo(ofMillis(200));
        assertThat(time.elapsed()).isEqualTo(ofMillis(4500));
      }
    }

    /** 001 "Exercise 2": a stream of value or error, with the task. */
    @Test
    void results_as_a_stream_with_the_task() throws Exception {
      WorkerPool pool = WorkerPool.builder("jobs").workers(2).open(root);
      var lines = new ArrayList<String>();
      try (TaskStream results = pool.results()) {
        pool.submit(root, "slow", work(ofMillis(30)));
        pool.submit(
            root,
            "broken",
            c -> {
              throw new IOException("disk");
            });
        pool.submit(root, "quick", work(ofMillis(10)));
        time.start("shutdown", () -> pool.shutdown(root));

        for (var t = results.next(root); t.isPresent(); t = results.next(root)) {
          PoolTask<?> task = t.get();
          lines.add(task.name() + " " + (task.isDone() ? task.result() : task.failure()));
        }
      }
      assertThat(lines)
          .containsExactly("broken java.io.IOException: disk", "quick done", "slow done");
    }

    /** 002 "Background Job Processor": C1 to C4. A signal comes in the middle of 20 jobs. */
    @Test
    void twenty_jobs_of_which_none_vanishes() throws Exception {
      var started = new CopyOnWriteArrayList<PoolTask<?>>();
      var ended = new CopyOnWriteArrayList<PoolTask<?>>();
      var listener =
          new PoolListener() {
            @Override
            public void onStarted(PoolTask<?> task) {
              started.add(task);
            }

            @Override
            public void onEnded(PoolTask<?> task) {
              ended.add(task);
            }
          };
      WorkerPool pool =
          WorkerPool.builder("jobs")
              .workers(3)
              .queue(100)
              .taskTimeout(ofSeconds(5))
              .listener(listener)
              .open(root);
      var jobs = new ArrayList<PoolTask<String>>();
      var refused = new AtomicInteger();
      var producer =
          time.start(
              "producer",
              () -> {
                for (int i = 0; i < 20; i++) {
                  try {
                    jobs.add(pool.submit(root, "job-" + i, work(ofSeconds(3))));
                  } catch (PoolShutdownException e) {
                    refused.incrementAndGet();
                  }
                  root.sleep(ofMillis(500));
                }
              });
      root.sleep(ofMillis(6_100)); // SIGTERM

      ShutdownReport report = pool.shutdown(root.withTimeout(ofSeconds(4)));

      assertThat(jobs).hasSize(13).allMatch(Task::isEnded);
      assertThat(report.drained()).hasSize(5);
      assertThat(report.cancelled()).hasSize(3);
      assertThat(report.handedBack())
          .isNotEmpty()
          .allSatisfy(task -> assertThat(started).doesNotContain(task));
      assertThat(ended).containsExactlyInAnyOrderElementsOf(jobs);
      for (PoolTask<?> task : report.cancelled()) {
        assertThat(task.failure())
            .isInstanceOf(ContextCancelledException.class)
            .hasCause(CancelReason.SHUTDOWN);
      }
      producer.join();
      assertThat(refused).hasValue(7);
    }
  }

  @Nested
  class A_task {

    @Test
    void has_its_own_limit_from_its_beginning() throws Exception {
      try (WorkerPool pool =
          WorkerPool.builder("p").workers(1).taskTimeout(ofSeconds(1)).open(root)) {
        var first = pool.submit(root, "first", work(ofMillis(900)));
        var second = pool.submit(root, "second", work(ofMillis(900)));
        var third = pool.submit(root, "third", work(ofMillis(1100)));

        assertThat(second.await(root)).isEqualTo("done");
        assertThatThrownBy(() -> third.await(root))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(DeadlineExceededException.class);
        assertThat(first.state()).isEqualTo(TaskState.DONE);
        assertThat(third.state()).isEqualTo(TaskState.TIMED_OUT);
        assertThat(third.timeAllowed()).contains(ofSeconds(1));
        assertThat(third.waited()).isEqualTo(ofMillis(1800));
      }
    }

    @Test
    void is_never_started_when_its_context_ends_while_it_waits() throws Exception {
      var begun = new AtomicInteger();
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        pool.submit(root, "long", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
        var request = root.withTimeout(ofMillis(100));
        var late = pool.submit(request, "late", c -> begun.incrementAndGet());
        var mine = pool.submit(root, "mine", c -> begun.incrementAndGet());
        assertThat(mine.cancel(CancelReason.USER)).isTrue();
        assertThat(mine.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(pool.snapshot().queued()).isEqualTo(1);

        root.sleep(ofMillis(200));

        assertThat(late.state()).isEqualTo(TaskState.TIMED_OUT);
        assertThat(pool.snapshot().queued()).isZero();
      }
      assertThat(begun).hasValue(0);
    }

    @Test
    void ends_with_its_submitter() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").open(root)) {
        var request = root.withCancel();
        var task = pool.submit(request, "t", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
        request.cancel(CancelReason.USER);
        assertThatThrownBy(() -> task.await(root)).hasRootCause(CancelReason.USER);
        assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(ContextProbe.waiters(request)).isZero();
      }
    }

    @Test
    void may_throw_anything() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        var task =
            pool.submit(
                root,
                "t",
                c -> {
                  throw new StackOverflowError();
                });
        var next = pool.submit(root, "next", c -> 1);
        assertThat(next.await(root)).isEqualTo(1);
        assertThat(task.failure()).isInstanceOf(StackOverflowError.class);
      }
    }

    @Test
    void reports_progress_that_stays_when_it_is_cancelled() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").open(root)) {
        var task =
            pool.submit(
                root,
                "copy",
                c -> {
                  for (int i = 0; i <= 10; i++) {
                    Progress.report(c, i, 10);
                    c.sleep(ofMillis(100));
                  }
                  return "copied";
                });
        root.sleep(ofMillis(650));
        assertThat(task.progress().percent()).isEqualTo(60);
        task.cancel(CancelReason.USER);
        root.sleep(ofMillis(1));
        assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(task.progress()).hasToString("60 %");
      }
    }

    @Test
    void is_tried_again_without_keeping_a_worker() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        var attempts = new AtomicInteger();
        var flaky =
            TaskSpec.of(
                    "flaky",
                    c -> {
                      if (attempts.incrementAndGet() < 3) {
                        throw new IOException("attempt " + attempts);
                      }
                      return "third time lucky";
                    })
                .withRetry(3, failed -> ofMillis(100).multipliedBy(failed));
        var task = pool.submit(root, flaky);
        var other = pool.submit(root, "other", work(ofMillis(10)));
        assertThat(other.await(root)).isEqualTo("done");
        assertThat(pool.snapshot().delayed()).isEqualTo(1);
        assertThat(task.await(root)).isEqualTo("third time lucky");
        assertThat(task.attempts()).isEqualTo(3);
        assertThat(time.elapsed()).isEqualTo(ofMillis(300));
      }
    }

    @Test
    void is_not_tried_again_past_its_deadline_and_keeps_earlier_failures() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").open(root)) {
        var attempts = new AtomicInteger();
        var broken =
            TaskSpec.of(
                    "broken",
                    c -> {
                      throw new IOException("attempt " + attempts.incrementAndGet());
                    })
                .withRetry(10, failed -> ofMillis(100));
        var task = pool.submit(root.withTimeout(ofMillis(250)), broken);
        assertThatThrownBy(() -> task.await(root)).hasRootCauseMessage("attempt 3");
        assertThat(task.state()).isEqualTo(TaskState.FAILED);
        assertThat(task.failure().getSuppressed())
            .singleElement()
            .satisfies(e -> assertThat(e).hasMessage("attempt 2"));
        assertThat(time.elapsed()).isEqualTo(ofMillis(200));
      }
    }

    @Test
    void is_cancelled_between_two_attempts() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").open(root)) {
        var broken =
            TaskSpec.of(
                    "broken",
                    c -> {
                      throw new IOException("no");
                    })
                .withRetry(10, failed -> ofSeconds(10));
        var task = pool.submit(root, broken);
        root.sleep(ofMillis(1));
        assertThat(task.state()).isEqualTo(TaskState.QUEUED);
        task.cancel(CancelReason.USER);
        assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
      }
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Nested
  class Parents_and_children {

    @Test
    void end_together_and_keep_no_worker() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        var children = new ArrayList<PoolTask<String>>();
        var parent =
            pool.submit(
                root,
                "parent",
                c -> {
                  children.add(pool.submit(c, "a", work(ofMillis(10))));
                  children.add(pool.submit(c, "b", work(ofMillis(20))));
                  return "parent";
                });
        assertThat(parent.await(root)).isEqualTo("parent");
        assertThat(states(children)).containsOnly(TaskState.DONE);
        assertThat(children.get(0).parent()).contains(parent);
        assertThat(parent.children()).isEmpty();
        assertThat(time.elapsed()).isEqualTo(ofMillis(30));
      }
    }

    @Test
    void are_cancelled_together() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(2).open(root)) {
        var tasks = new ArrayList<PoolTask<?>>();
        var parent =
            pool.submit(
                root,
                "parent",
                c -> {
                  tasks.add(
                      pool.submit(
                          c,
                          "child",
                          cc -> tasks.add(pool.submit(cc, "grandchild", work(ofSeconds(9))))));
                  return "parent";
                });
        root.sleep(ofMillis(1));
        assertThat(tasks).hasSize(2);
        parent.cancel(CancelReason.USER);
        root.sleep(ofMillis(1));
        assertThat(tasks.get(1).state()).isEqualTo(TaskState.CANCELLED);
        assertThat(tasks.get(1).failure()).hasCause(CancelReason.USER);
        // Their own bodies had returned before.
        assertThat(parent.state()).isEqualTo(TaskState.DONE);
      }
    }

    @Test
    void are_cancelled_when_the_parent_fails() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(2).open(root)) {
        var failure = new IOException("parent");
        var children = new ArrayList<PoolTask<?>>();
        var parent =
            pool.submit(
                root,
                "parent",
                c -> {
                  children.add(pool.submit(c, "child", work(ofSeconds(9))));
                  c.sleep(ofMillis(5));
                  throw failure;
                });
        assertThatThrownBy(() -> parent.await(root)).hasCause(failure);
        assertThat(children.get(0).failure()).hasCause(failure);
        assertThatThrownBy(
                () -> pool.submit(new Progress(null, (PooledTask<?>) parent).in(root), "x", c -> 1))
            .isInstanceOf(PoolShutdownException.class);
      }
    }
  }

  @Nested
  class The_line {

    @Test
    void begins_the_most_urgent_first() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        var order = new ArrayList<String>();
        pool.submit(root, "now", work(ofMillis(2)));
        root.sleep(ofMillis(1));
        for (int priority : List.of(3, 1, 2, 1)) {
          var name = priority + "." + order.size();
          pool.submit(
              root, TaskSpec.of(name, c -> order.add(name.substring(0, 1))).withPriority(priority));
        }
        pool.shutdown(root);
        assertThat(order).containsExactly("1", "1", "2", "3");
      }
    }

    @Test
    void lets_who_waits_rise() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).ageing(ofSeconds(1)).open(root)) {
        var order = new ArrayList<String>();
        pool.submit(root, "now", work(ofSeconds(10)));
        root.sleep(ofMillis(1));
        pool.submit(root, TaskSpec.of("old", c -> order.add("old")).withPriority(4));
        root.sleep(ofMillis(2_900));
        pool.submit(root, TaskSpec.of("younger", c -> order.add("younger")).withPriority(1));
        root.sleep(ofMillis(200));
        pool.submit(root, TaskSpec.of("young", c -> order.add("young")).withPriority(1));
        pool.shutdown(root);
        assertThat(order).containsExactly("younger", "old", "young");
      }
    }

    @Test
    void refuses_when_it_is_full() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(2).queue(1).open(root)) {
        for (int i = 0; i < 3; i++) {
          pool.submit(root, "t", work(ofSeconds(1)));
        }
        root.sleep(ofMillis(1));
        assertThatThrownBy(() -> pool.submit(root, "one too many", work(ofSeconds(1))))
            .isInstanceOf(PoolFullException.class)
            .hasMessage("p: 1 tasks wait (expected: < 1)");
        assertThat(pool.snapshot().refused()).isEqualTo(1);
        root.sleep(ofMillis(1001));
        assertThat(pool.submit(root, "again", c -> 1).await(root)).isEqualTo(1);
      }
    }

    @Test
    void may_have_no_place_but_the_workers() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(2).queue(0).open(root)) {
        pool.submit(root, "a", work(ofSeconds(1)));
        pool.submit(root, "b", work(ofSeconds(1)));
        assertThatThrownBy(() -> pool.submit(root, "c", work(ofSeconds(1))))
            .isInstanceOf(PoolFullException.class);
      }
    }

    @Test
    void lets_submitters_wait_with_their_contexts_in_order() throws Exception {
      try (WorkerPool pool =
          WorkerPool.builder("p").workers(1).queue(0).whenFull(WhenFull.WAIT).open(root)) {
        var order = new CopyOnWriteArrayList<String>();
        pool.submit(root, "first", work(ofMillis(100)));
        var hurried =
            time.start(
                "hurried",
                () ->
                    assertThatThrownBy(
                            () ->
                                pool.submit(
                                    root.withTimeout(ofMillis(50)), "x", c -> order.add("x")))
                        .isInstanceOf(DeadlineExceededException.class));
        var interrupted =
            time.start(
                "interrupted",
                () -> {
                  assertThatThrownBy(() -> pool.submit(root, "y", c -> order.add("y")))
                      .isInstanceOf(CallInterruptedException.class);
                  assertThat(Thread.interrupted()).isTrue();
                });
        root.sleep(ofMillis(1));
        for (String name : List.of("a", "b", "c")) {
          time.start(
              name,
              () ->
                  pool.submit(
                      root,
                      name,
                      c -> {
                        order.add(name);
                        c.sleep(ofMillis(10));
                        return name;
                      }));
          root.sleep(ofMillis(1));
        }
        interrupted.interrupt();
        hurried.join();
        root.sleep(ofSeconds(1));
        assertThat(order).containsExactly("a", "b", "c");
        assertThat(time.elapsed()).isLessThan(ofSeconds(2));
      }
    }

    @Test
    void tells_who_waits_for_a_place_that_there_will_be_none() throws Exception {
      WorkerPool pool =
          WorkerPool.builder("p").workers(1).queue(0).whenFull(WhenFull.WAIT).open(root);
      pool.submit(root, "first", work(ofMillis(100)));
      var waiting =
          time.start(
              "waiting",
              () ->
                  assertThatThrownBy(() -> pool.submit(root, "x", c -> 1))
                      .isInstanceOf(PoolShutdownException.class)
                      .hasMessage("p: shutting down"));
      root.sleep(ofMillis(1));
      pool.shutdown(root);
      waiting.join();
    }

    @Test
    void makes_room_for_what_matters_more() throws Exception {
      try (WorkerPool pool =
          WorkerPool.builder("p").workers(1).queue(2).whenFull(WhenFull.MAKE_ROOM).open(root)) {
        pool.submit(root, "now", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
        var prefetch =
            pool.submit(
                Criticality.SHEDDABLE.in(root), TaskSpec.of("prefetch", c -> 1).withPriority(1));
        var report = pool.submit(root, TaskSpec.of("report", c -> 1).withPriority(9));
        var order = pool.submit(root, "order", c -> 1);

        assertThat(prefetch.state()).isEqualTo(TaskState.DROPPED);
        assertThat(prefetch.failure())
            .isInstanceOf(TaskDroppedException.class)
            .hasMessage("p: made room for order");
        var urgent = pool.submit(root, TaskSpec.of("urgent", c -> 1).withPriority(1));
        assertThat(report.state()).isEqualTo(TaskState.DROPPED);
        assertThatThrownBy(() -> pool.submit(root, TaskSpec.of("late", c -> 1).withPriority(9)))
            .isInstanceOf(PoolFullException.class);
        pool.shutdown(root);
        assertThat(states(List.of(order, urgent))).containsOnly(TaskState.DONE);
        assertThat(pool.snapshot().dropped()).isEqualTo(2);
      }
    }

    @Test
    void refuses_at_once_whose_turn_would_come_too_late() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        for (int i = 0; i < 10; i++) {
          pool.submit(root, "sample", work(ofMillis(100))).await(root);
        }
        for (int i = 0; i < 6; i++) {
          pool.submit(root, "ahead", work(ofMillis(100)));
        }
        assertThatThrownBy(() -> pool.submit(root.withTimeout(ofMillis(300)), "late", c -> 1))
            .isInstanceOf(NoTimeLeftException.class)
            .hasMessage("p: the turn of late would come after its deadline");
        // The urgent one has nobody ahead.
        var urgent =
            pool.submit(
                root.withTimeout(ofMillis(300)),
                TaskSpec.of("urgent", c -> "in time").withPriority(1));
        assertThat(urgent.await(root)).isEqualTo("in time");
      }
    }

    @Test
    void drops_what_comes_too_late_when_tasks_become_slower() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        for (int i = 0; i < 10; i++) {
          pool.submit(root, "sample", work(ofMillis(10))).await(root);
        }
        pool.submit(root, "slow", work(ofSeconds(2)));
        for (int i = 0; i < 5; i++) {
          pool.submit(root, "ahead", work(ofMillis(10)));
        }
        var request = root.withTimeout(ofMillis(2_300));
        var doomed = pool.submit(request, "doomed", c -> 1);
        root.sleep(ofMillis(2_001));
        // One slow task in sixteen moves the mean to 130 ms, and five are ahead.
        assertThat(doomed.state()).isEqualTo(TaskState.DROPPED);
        assertThat(doomed.failure()).isInstanceOf(NoTimeLeftException.class);
      }
    }

    @Test
    void drops_what_has_less_time_left_than_it_takes() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        pool.submit(root, "now", work(ofMillis(500)));
        var task =
            pool.submit(
                root.withTimeout(ofSeconds(1)),
                TaskSpec.of("render", c -> 1).withExpected(ofMillis(600)));
        assertThatThrownBy(() -> task.await(root)).hasCauseInstanceOf(NoTimeLeftException.class);
        assertThat(task.state()).isEqualTo(TaskState.DROPPED);
        assertThat(time.elapsed()).isEqualTo(ofMillis(500));
      }
    }
  }

  @Nested
  class Shutting_down {

    @Test
    void drains_then_cancels_then_names_what_ignores_it() throws Exception {
      WorkerPool pool = WorkerPool.builder("p").workers(3).grace(ofMillis(50)).open(root);
      var quick = pool.submit(root, "quick", work(ofMillis(100)));
      var slow = pool.submit(root, "slow", work(ofSeconds(9)));
      var stubborn = pool.submit(root, "stubborn", stubborn(ofSeconds(20)));
      var queued = pool.submit(root, "queued", work(ofSeconds(9)));
      var never = pool.submit(root, "never", work(ofSeconds(9)));
      root.sleep(ofMillis(1));

      ShutdownReport report = pool.shutdown(root.withTimeout(ofSeconds(1)));

      assertThat(report.took()).isEqualTo(ofMillis(1_050));
      assertThat(report.drained()).map(PoolTask::name).containsExactly("quick");
      assertThat(report.cancelled())
          .map(PoolTask::name)
          .containsExactlyInAnyOrder("slow", "stubborn", "queued");
      assertThat(report.handedBack()).map(PoolTask::name).containsExactly("never");
      assertThat(report.abandoned()).map(AbandonedTask::name).containsExactly("stubborn");
      assertThat(report.abandoned().get(0).stack()).isNotEmpty();
      assertThat(report.isClean()).isFalse();
      assertThat(report)
          .hasToString("p: 1 finished, 3 cancelled, 1 handed back, 1 still run, after 1.05 s");
      assertThat(states(List.of(quick, slow, stubborn, queued, never)))
          .containsExactly(
              TaskState.DONE,
              TaskState.CANCELLED,
              TaskState.CANCELLED,
              TaskState.CANCELLED,
              TaskState.CANCELLED);
      assertThatThrownBy(() -> pool.submit(root, "x", c -> 1))
          .isInstanceOf(PoolShutdownException.class)
          .hasMessage("p: closed");
      assertThat(pool.shutdown(root).took()).isZero();
    }

    @Test
    void when_closed_cancels_at_once() throws Exception {
      PoolTask<String> running;
      PoolTask<String> queued;
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        running = pool.submit(root, "running", work(ofSeconds(1)));
        queued = pool.submit(root, "queued", work(ofSeconds(1)));
        root.sleep(ofMillis(1));
      }
      assertThat(states(List.of(running, queued))).containsOnly(TaskState.CANCELLED);
      assertThat(running.failure()).hasCause(CancelReason.CLOSED);
      assertThat(time.elapsed()).isEqualTo(ofMillis(1));
    }

    @Test
    void comes_with_the_end_of_the_owner() throws Exception {
      var owner = root.withCancel();
      WorkerPool pool = WorkerPool.builder("p").workers(1).open(owner);
      var running = pool.submit(root, "running", work(ofSeconds(1)));
      var queued = pool.submit(root, "queued", work(ofSeconds(1)));
      root.sleep(ofMillis(1));
      owner.cancel(CancelReason.SHUTDOWN);
      assertThatThrownBy(() -> running.await(root)).hasRootCause(CancelReason.SHUTDOWN);
      assertThat(queued.failure()).hasCause(CancelReason.SHUTDOWN);
      assertThatThrownBy(() -> pool.submit(root, "x", c -> 1))
          .isInstanceOf(PoolShutdownException.class);
      pool.close();
      assertThat(ContextProbe.waiters(owner)).isZero();
    }

    @Test
    void when_interrupted_cancels_at_once() throws Exception {
      WorkerPool pool = WorkerPool.builder("p").workers(1).open(root);
      var running = pool.submit(root, "running", work(ofSeconds(10)));
      var shutdown =
          time.start(
              "shutdown",
              () -> {
                pool.shutdown(root);
                assertThat(Thread.interrupted()).isTrue();
              });
      root.sleep(ofMillis(1));
      shutdown.interrupt();
      shutdown.join();
      assertThat(running.state()).isEqualTo(TaskState.CANCELLED);
      assertThat(time.elapsed()).isEqualTo(ofMillis(1));
    }
  }

  @Nested
  class Seen_from_outside {

    @Test
    void says_which_worker_does_what_since_when() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(3).open(root)) {
        pool.submit(root, "a", work(ofSeconds(1)));
        root.sleep(ofMillis(100));
        pool.submit(root, "b", work(ofSeconds(1)));
        root.sleep(ofMillis(100));
        PoolSnapshot snapshot = pool.snapshot();
        assertThat(snapshot.workers())
            .map(WorkerStatus::toString)
            .containsExactly("1: a for 200 ms", "2: b for 100 ms", "3: idle");
        assertThat(snapshot.running()).isEqualTo(2);
        assertThat(pool.tasks()).map(PoolTask::name).containsExactly("a", "b");
      }
    }

    @Test
    void counts_ends_and_rates() throws Exception {
      WorkerPool pool = WorkerPool.builder("p").workers(4).taskTimeout(ofSeconds(2)).open(root);
      pool.submit(root, "done", work(ofSeconds(1)));
      pool.submit(root, "late", work(ofSeconds(3)));
      pool.submit(root, "cancelled", work(ofSeconds(1))).cancel(CancelReason.USER);
      pool.submit(
          root,
          "failed",
          c -> {
            throw new IOException();
          });
      pool.shutdown(root);
      PoolSnapshot snapshot = pool.snapshot();
      assertThat(snapshot)
          .hasToString(
              "p: 0 queued, 0 running, 1 done, 1 failed, 1 timed out, 1 cancelled, 0 dropped,"
                  + " 0 refused");
      assertThat(snapshot.accepted()).isEqualTo(4);
      assertThat(snapshot.timeOutRate()).isEqualTo(.25);
      assertThat(snapshot.cancellationRate()).isEqualTo(.25);
      assertThat(snapshot.endedPerSecond()).isCloseTo(2, within(1e-9));
      assertThat(snapshot.oldestWaiting()).isZero();
    }

    @Test
    void grows_and_shrinks_while_it_runs() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").workers(1).open(root)) {
        for (int i = 0; i < 12; i++) {
          pool.submit(root, "t", work(ofSeconds(1)));
        }
        root.sleep(ofMillis(10));
        assertThat(pool.snapshot().running()).isEqualTo(1);
        pool.resize(4);
        root.sleep(ofMillis(10));
        assertThat(pool.snapshot().running()).isEqualTo(4);
        pool.resize(2);
        root.sleep(ofMillis(1_500));
        assertThat(pool.snapshot().running()).isEqualTo(2);
        pool.shutdown(root);
        assertThat(pool.snapshot().done()).isEqualTo(12);
      }
    }

    @Test
    void contains_what_a_listener_throws() throws Exception {
      var calls = new AtomicInteger();
      var listener =
          new PoolListener() {
            @Override
            public void onAccepted(PoolTask<?> task) {
              calls.incrementAndGet();
              throw new IllegalStateException();
            }

            @Override
            public void onStarted(PoolTask<?> task) {
              calls.incrementAndGet();
              throw new StackOverflowError();
            }

            @Override
            public void onEnded(PoolTask<?> task) {
              calls.incrementAndGet();
              throw new IllegalStateException();
            }

            @Override
            public void onRefused(String name, RejectedException why) {
              calls.incrementAndGet();
              throw new IllegalStateException();
            }
          };
      WorkerPool pool = WorkerPool.builder("p").listener(listener).open(root);
      assertThat(pool.submit(root, "t", c -> 1).await(root)).isEqualTo(1);
      pool.close();
      assertThatThrownBy(() -> pool.submit(root, "t", c -> 1))
          .isInstanceOf(PoolShutdownException.class);
      assertThat(calls).hasValue(4);
    }

    @Test
    void fails_tasks_that_the_executor_refuses() throws Exception {
      try (WorkerPool pool =
          WorkerPool.builder("p")
              .executor(
                  work -> {
                    throw new RejectedExecutionException("full");
                  })
              .open(root)) {
        var task = pool.submit(root, "t", c -> 1);
        assertThat(task.state()).isEqualTo(TaskState.FAILED);
        assertThat(task.failure()).hasMessage("full");
      }
    }

    @Test
    void refuses_another_time() throws Exception {
      try (WorkerPool pool = WorkerPool.builder("p").open(root)) {
        assertThatThrownBy(() -> pool.submit(Context.background(), "t", c -> 1))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
