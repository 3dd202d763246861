package dev.resilience.concurrent;

import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.concurrent.TaskGroup.Ending;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.time.Simulated;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@Simulated(seed = 7)
class TaskGroupTest {

  private final VirtualTime.Automatic time;
  private final Context root;

  TaskGroupTest(VirtualTime.Automatic time, Context root) {
    this.time = time;
    this.root = root;
  }

  private static ContextTask<String> after(Duration delay, String result) {
    return c -> {
      c.sleep(delay);
      return result;
    };
  }

  private static <T> ContextTask<T> failAfter(Duration delay, Exception failure) {
    return c -> {
      c.sleep(delay);
      throw failure;
    };
  }

  /** Works on, whatever interrupt comes. */
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

  @Nested
  class A_group_that_fails_fast {

    @Test
    void gives_typed_results_when_all_are_done() throws Exception {
      try (var group = TaskGroup.open(root)) {
        Task<String> user = group.fork("user", after(ofMillis(30), "Ada"));
        Task<Integer> age = group.fork("age", c -> 36);

        var results = group.join();

        assertThat(user.result()).isEqualTo("Ada");
        assertThat(age.result()).isEqualTo(36);
        assertThat(results.isComplete()).isTrue();
        assertThat(results.results()).containsExactly("Ada", 36);
        assertThat(user.ran()).isEqualTo(ofMillis(30));
      }
      time.elapsed();
      assertThat(time.elapsed()).isEqualTo(ofMillis(30));
    }

    /** 003 "The Cascade Effect"; there it returns before the other two have stopped. */
    @Test
    void cancels_the_others_with_the_first_failure_and_returns_when_they_have_stopped()
        throws Exception {
      var failure = new IOException("no profile");
      var stopped = new CopyOnWriteArrayList<String>();
      try (var group = TaskGroup.builder("workflow").open(root)) {
        group.fork("fetch user profile", failAfter(ofMillis(20), failure));
        Task<String> analytics =
            group.fork(
                "generate analytics",
                c -> {
                  try {
                    return after(ofSeconds(5), "analytics").run(c);
                  } finally {
                    stubborn(ofMillis(1)).run(c);
                    stopped.add("analytics, " + c.cause());
                  }
                });
        Task<String> recommendations =
            group.fork("update recommendations", after(ofSeconds(5), "recommendations"));

        var thrown = catchThrowableOfType(TaskFailedException.class, group::join);

        assertThat(thrown)
            .hasMessage("workflow: fetch user profile failed: java.io.IOException: no profile")
            .hasCause(failure);
        assertThat(thrown.task()).isEqualTo("fetch user profile");
        assertThat(thrown.getSuppressed()).isEmpty();
        assertThat(stopped).containsExactly("analytics, " + failure);
        assertThat(analytics.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(recommendations.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(recommendations.failure()).hasCause(failure);
      }
      assertThat(time.elapsed()).isEqualTo(ofMillis(21));
    }

    @Test
    void ends_with_its_owner_and_says_why() throws Exception {
      var owner = root.withTimeout(ofMillis(50));
      try (var group = TaskGroup.open(owner)) {
        Task<String> task = group.fork(after(ofSeconds(1), "never"));

        assertThatThrownBy(group::join).isInstanceOf(DeadlineExceededException.class);

        assertThat(task.state()).isEqualTo(TaskState.TIMED_OUT);
        assertThat(task.ran()).isEqualTo(ofMillis(50));
        assertThat(task.timeAllowed()).contains(ofMillis(50));
      }
      var cancelled = root.withCancel();
      time.start(
          "user",
          () -> {
            root.sleep(ofMillis(10));
            cancelled.cancel(CancelReason.USER);
          });
      try (var group = TaskGroup.open(cancelled)) {
        Task<String> task = group.fork(after(ofSeconds(1), "never"));

        assertThatThrownBy(group::join)
            .isInstanceOf(ContextCancelledException.class)
            .hasCause(CancelReason.USER);
        assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
      }
      assertThat(time.elapsed()).isEqualTo(ofMillis(60));
    }

    @Test
    void fails_when_a_task_passes_a_limit_of_its_own() throws Exception {
      try (var group = TaskGroup.open(root)) {
        group.fork("slow", ofMillis(10), after(ofSeconds(1), "never"));
        Task<String> other = group.fork("other", after(ofSeconds(1), "never"));

        var thrown = catchThrowableOfType(TaskFailedException.class, group::join);

        assertThat(thrown.task()).isEqualTo("slow");
        assertThat(thrown).hasCauseInstanceOf(DeadlineExceededException.class);
        assertThat(other.state()).isEqualTo(TaskState.CANCELLED);
      }
    }

    @Test
    void treats_an_error_as_a_failure() throws Exception {
      var error = new StackOverflowError("deep");
      try (var group = TaskGroup.open(root)) {
        group.fork(
            c -> {
              throw error;
            });
        assertThatThrownBy(group::join).isInstanceOf(TaskFailedException.class).hasCause(error);
      }
    }

    @Test
    void keeps_a_result_that_came_after_the_end() throws Exception {
      try (var group = TaskGroup.open(root.withTimeout(ofMillis(10)))) {
        Task<String> task = group.fork(stubborn(ofMillis(50)));
        assertThat(group.join().isComplete()).isTrue();
        assertThat(task.result()).isEqualTo("late");
      }
    }

    @Test
    void starts_nothing_once_it_has_ended() throws Exception {
      var begun = new AtomicInteger();
      try (var group = TaskGroup.open(root)) {
        group.cancel(CancelReason.SUPERSEDED);
        Task<Integer> task = group.fork(c -> begun.incrementAndGet());
        assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
        assertThat(task.ran()).isZero();
        assertThatThrownBy(group::join).hasCause(CancelReason.SUPERSEDED);
        assertThatThrownBy(() -> group.fork(c -> begun.incrementAndGet()))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(group::join).isInstanceOf(IllegalStateException.class);
      }
      root.sleep(ofMillis(1)); // or what was started all the same has not yet begun
      assertThat(begun).hasValue(0);
    }
  }

  @Nested
  class A_group_that_collects_all {

    /** 003 "Context Multiplexing", with partial results instead of a failure of the whole. */
    @Test
    void has_partial_results_as_a_normal_ending() throws Exception {
      var owner = root.withTimeout(ofSeconds(6));
      try (var group = TaskGroup.open(owner, Ending.COLLECT_ALL)) {
        Task<String> profile = group.fork("profile", ofSeconds(2), after(ofSeconds(1), "Ada"));
        Task<String> preferences =
            group.fork("preferences", ofSeconds(5), after(ofSeconds(7), "dark"));
        Task<String> history = group.fork("history", ofSeconds(10), after(ofSeconds(8), "none"));
        Task<String> broken =
            group.fork("broken", failAfter(ofSeconds(1), new IOException("gone")));
        Task<String> unwanted = group.fork("unwanted", after(ofSeconds(9), "x"));
        unwanted.cancel(CancelReason.USER);

        TaskResults<Object> results = group.join();

        assertThat(results.tasks())
            .extracting(Task::state)
            .containsExactly(
                TaskState.DONE,
                TaskState.TIMED_OUT,
                TaskState.TIMED_OUT,
                TaskState.FAILED,
                TaskState.CANCELLED);
        assertThat(results)
            .hasToString("group: 5 tasks, 1 done, 1 failed, 2 timed out, 1 cancelled");
        assertThat(profile.resultOr("unknown")).isEqualTo("Ada");
        assertThat(preferences.resultOr("light")).isEqualTo("light");
        assertThat(preferences.timeAllowed()).contains(ofSeconds(5));
        assertThat(history.timeAllowed()).contains(ofSeconds(6));
        assertThat(history.ran()).isEqualTo(ofSeconds(6));
        assertThat(broken.failure()).hasMessage("gone");
        assertThatThrownBy(broken::result)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("broken: FAILED (expected: DONE)")
            .hasRootCauseMessage("gone");
        assertThat(results.first()).isEqualTo("Ada");
      }
      assertThat(time.elapsed()).isEqualTo(ofSeconds(6));
    }

    /** 002 "Parallel Requests with Context". */
    @Test
    void returns_results_in_the_order_of_submission() throws Exception {
      var owner = root.withTimeout(ofSeconds(5));
      try (TaskGroup<String> group = TaskGroup.open(owner, Ending.COLLECT_ALL)) {
        for (int seconds : List.of(3, 1, 2)) {
          group.fork("/delay/" + seconds, after(ofSeconds(seconds), "body " + seconds));
        }
        group.fork("/broken", failAfter(ofMillis(1), new IOException("refused")));

        TaskResults<String> pages = group.join();

        assertThat(pages.tasks())
            .extracting(Task::name)
            .containsExactly("/delay/3", "/delay/1", "/delay/2", "/broken");
        assertThat(pages.results()).containsExactly("body 3", "body 1", "body 2");
        assertThat(pages.tasks().get(3).failure()).hasMessage("refused");
      }
      assertThat(time.elapsed()).isEqualTo(ofSeconds(3));
    }

    @Test
    void of_no_tasks_is_complete_at_once() throws Exception {
      try (var group = TaskGroup.open(root, Ending.COLLECT_ALL)) {
        assertThat(group.join().isComplete()).isTrue();
      }
    }

    /** 000 "Context with cancellation": three workers, ten steps of 200 ms, cancelled after 1 s. */
    @Test
    void lets_each_worker_say_how_far_it_came() throws Exception {
      var steps =
          new AtomicInteger[] {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
      try (TaskGroup<String> group = TaskGroup.open(root, Ending.COLLECT_ALL)) {
        for (AtomicInteger mine : steps) {
          group.fork(
              c -> {
                while (mine.get() < 10) {
                  c.sleep(ofMillis(200));
                  mine.incrementAndGet();
                }
                return "all";
              });
        }
        time.start(
            "hand",
            () -> {
              root.sleep(ofMillis(1_001));
              group.cancel(CancelReason.USER);
            });
        assertThat(group.join().count(TaskState.CANCELLED)).isEqualTo(3);
        assertThat(steps).extracting(AtomicInteger::get).containsExactly(5, 5, 5);
      }
    }
  }

  @Nested
  class A_group_that_the_first_success_ends {

    /** 002 "Cancel on First Success". */
    @Test
    void gives_the_first_result_and_cancels_the_others() throws Exception {
      try (TaskGroup<String> group = TaskGroup.open(root, Ending.FIRST_SUCCESS)) {
        group.fork(failAfter(ofMillis(5), new IOException("503")));
        Task<String> slow = group.fork(after(ofSeconds(1), "slow"));
        group.fork(after(ofMillis(20), "quick"));

        assertThat(group.join().first()).isEqualTo("quick");
        assertThat(slow.failure()).hasCause(CancelReason.SUPERSEDED);
      }
      assertThat(time.elapsed()).isEqualTo(ofMillis(20));
    }

    @Test
    void throws_the_last_failure_with_the_others_suppressed_if_all_fail() throws Exception {
      var early = new IOException("early");
      var late = new IOException("late");
      try (TaskGroup<String> group = TaskGroup.open(root, Ending.FIRST_SUCCESS)) {
        group.fork("b", failAfter(ofMillis(9), late));
        group.fork("a", failAfter(ofMillis(3), early));

        var thrown = catchThrowable(group::join);

        assertThat(thrown).isInstanceOf(TaskFailedException.class).hasCause(late);
        assertThat(thrown.getSuppressed()).containsExactly(early);
      }
    }

    @Test
    void throws_the_end_of_its_owner_with_the_failures_so_far() throws Exception {
      var early = new IOException("early");
      var owner = root.withTimeout(ofMillis(50));
      try (TaskGroup<String> group = TaskGroup.open(owner, Ending.FIRST_SUCCESS)) {
        group.fork(failAfter(ofMillis(3), early));
        group.fork(after(ofSeconds(1), "never"));

        var thrown = catchThrowable(group::join);

        assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
        assertThat(thrown.getSuppressed()).containsExactly(early);
      }
    }

    @Test
    void wants_at_least_one_task() throws Exception {
      try (TaskGroup<String> group = TaskGroup.open(root, Ending.FIRST_SUCCESS)) {
        assertThatThrownBy(group::join)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("group: no task was forked (expected: >= 1)");
      }
    }
  }

  @Nested
  class A_task_that_ignores_its_interrupt {

    @Test
    void is_given_up_after_the_grace_and_named_with_its_stack() throws Exception {
      Duration ended;
      var owner = root.withTimeout(ofMillis(50));
      try (TaskGroup<String> group =
          TaskGroup.builder("page").ending(Ending.COLLECT_ALL).grace(ofMillis(10)).open(owner)) {
        Task<String> stubborn = group.fork("stubborn", stubborn(ofSeconds(1)));
        Task<String> good = group.fork("good", after(ofSeconds(1), "never"));

        TaskResults<String> results = group.join();

        ended = time.elapsed();
        assertThat(results.abandoned())
            .singleElement()
            .satisfies(
                left -> {
                  assertThat(left.name()).isEqualTo("stubborn");
                  assertThat(left.ran()).isEqualTo(ofMillis(60));
                  assertThat(left.stack())
                      .anySatisfy(
                          frame ->
                              assertThat(frame.getClassName())
                                  .isEqualTo(TaskGroupTest.class.getName()));
                  assertThat(left.toThrowable())
                      .hasMessageStartingWith("stubborn ignores its interrupt");
                  assertThat(left.toString()).contains("stubborn ignores", ", at ");
                });
        assertThat(stubborn.state()).isEqualTo(TaskState.TIMED_OUT);
        assertThat(good.state()).isEqualTo(TaskState.TIMED_OUT);
      }
      assertThat(ended).isEqualTo(ofMillis(60));
    }

    @Test
    void of_its_own_limit_keeps_nobody_under_a_context_without_end() throws Exception {
      try (TaskGroup<String> group =
          TaskGroup.builder("page").ending(Ending.COLLECT_ALL).grace(ofMillis(10)).open(root)) {
        group.fork("a", ofMillis(30), stubborn(ofSeconds(1)));
        group.fork("b", ofMillis(35), stubborn(ofSeconds(1)));
        assertThat(group.join().abandoned())
            .extracting(AbandonedTask::name)
            .containsExactly("a", "b");
        assertThat(time.elapsed()).isEqualTo(ofMillis(45));
      }
    }

    @Test
    void is_suppressed_in_what_join_throws() throws Exception {
      try (var group = TaskGroup.builder("page").grace(ofMillis(10)).open(root)) {
        group.fork("a", failAfter(ofMillis(5), new IOException("x")));
        group.fork("b", stubborn(ofSeconds(1)));
        var thrown = catchThrowable(group::join);
        assertThat(thrown).hasRootCauseMessage("x");
        assertThat(thrown.getSuppressed())
            .singleElement()
            .satisfies(place -> assertThat(place).hasMessageStartingWith("b ignores"));
      }
    }
  }

  @Nested
  class Closing {

    @Test
    void without_a_join_cancels_and_waits() throws Exception {
      Task<String> task;
      try (TaskGroup<String> group = TaskGroup.open(root)) {
        task = group.fork(after(ofSeconds(1), "never"));
        root.sleep(ofMillis(1));
      }
      assertThat(task.state()).isEqualTo(TaskState.CANCELLED);
      assertThat(task.failure()).hasCause(CancelReason.CLOSED);
      assertThat(time.elapsed()).isEqualTo(ofMillis(1));
    }

    @Test
    void after_an_interrupted_join_waits_and_keeps_the_interrupt() throws Exception {
      var states = new ArrayList<String>();
      var joining =
          time.start(
              "joining",
              () -> {
                Task<String> task = null;
                try (TaskGroup<String> group = TaskGroup.open(root)) {
                  task = group.fork(after(ofSeconds(1), "never"));
                  group.join();
                } catch (InterruptedException e) {
                  states.add(
                      "interrupted, "
                          + task.state()
                          + ", "
                          + task.failure().getCause().getMessage());
                }
              });
      root.sleep(ofMillis(5));
      joining.interrupt();
      joining.join();
      assertThat(states)
          .containsExactly("interrupted, CANCELLED, the joining thread was interrupted");
    }

    @Test
    void ends_nested_groups_with_it() throws Exception {
      var log = new CopyOnWriteArrayList<String>();
      try (var outer = TaskGroup.open(root.withTimeout(ofMillis(100)))) {
        outer.fork(
            "outer",
            c -> {
              try (var inner = TaskGroup.open(c)) {
                inner.fork(
                    "inner",
                    cc -> {
                      try {
                        return after(ofSeconds(3), "x").run(cc);
                      } finally {
                        log.add("inner stopped");
                      }
                    });
                return inner.join();
              } finally {
                log.add("inner group closed");
              }
            });
        assertThatThrownBy(outer::join).isInstanceOf(DeadlineExceededException.class);
        log.add("outer joined");
      }
      assertThat(log).containsExactly("inner stopped", "inner group closed", "outer joined");
    }
  }

  @Nested
  class Threads {

    @Test
    void are_at_most_as_many_as_allowed_and_tasks_start_in_order() throws Exception {
      var running = new AtomicInteger();
      var most = new AtomicInteger();
      var order = new CopyOnWriteArrayList<Integer>();
      try (TaskGroup<Integer> group = TaskGroup.builder("urls").maxConcurrent(3).open(root)) {
        for (int i = 0; i < 10; i++) {
          int number = i;
          group.fork(
              c -> {
                order.add(number);
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                c.sleep(ofMillis(10));
                return running.decrementAndGet();
              });
        }
        group.join();
      }
      assertThat(most).hasValue(3);
      assertThat(order).hasSize(10);
      assertThat(time.elapsed()).isEqualTo(ofMillis(40));
    }

    @Test
    void may_come_from_an_executor_that_was_given() throws Exception {
      try (var group = TaskGroup.builder("inline").executor(Runnable::run).open(root)) {
        Task<Thread> task = group.fork(c -> Thread.currentThread());
        assertThat(task.result()).isSameAs(Thread.currentThread());
        group.join();
      }
    }

    @Test
    void that_never_come_do_not_keep_anybody() throws Exception {
      var never = new ArrayList<Runnable>();
      try (TaskGroup<String> group =
          TaskGroup.builder("starved")
              .ending(Ending.COLLECT_ALL)
              .executor(never::add)
              .open(root.withTimeout(ofMillis(20)))) {
        Task<String> task = group.fork(c -> "never");
        group.join();
        assertThat(task.state()).isEqualTo(TaskState.TIMED_OUT);
        never.get(0).run();
        assertThat(task.state()).isEqualTo(TaskState.TIMED_OUT);
      }
    }

    @Test
    void that_are_refused_are_a_failure_of_the_task() throws Exception {
      try (var group =
          TaskGroup.builder("full")
              .executor(
                  work -> {
                    throw new RejectedExecutionException("full");
                  })
              .open(root)) {
        group.fork("a", c -> "never");
        assertThatThrownBy(group::join)
            .isInstanceOf(TaskFailedException.class)
            .hasMessageContaining("a failed")
            .hasCauseInstanceOf(RejectedExecutionException.class);
      }
    }

    @Test
    void see_the_values_of_the_owner() throws Exception {
      var user = Key.of("user", String.class);
      try (var group = TaskGroup.open(root.withValue(user, "ada"))) {
        Task<String> task = group.fork(c -> c.require(user));
        group.join();
        assertThat(task.result()).isEqualTo("ada");
      }
    }

    @Test
    void are_real_ones_on_system_time() throws Exception {
      try (TaskGroup<Thread> group = TaskGroup.open(Context.background())) {
        for (int i = 0; i < 100; i++) {
          group.fork(c -> Thread.currentThread());
        }
        assertThat(group.join().results()).hasSize(100).doesNotContain(Thread.currentThread());
      }
    }
  }

  @Nested
  class A_builder {

    @Test
    void refuses_what_makes_no_sense() {
      var builder = TaskGroup.builder("x");
      assertThatThrownBy(() -> builder.maxConcurrent(0))
          .hasMessage("maxConcurrent: 0 (expected: >= 1)");
      assertThatThrownBy(() -> builder.grace(ofMillis(-1)))
          .hasMessage("grace: -1 ms (expected: >= 0)");
      assertThatThrownBy(() -> builder.ending(null)).hasMessage("ending");
      assertThatThrownBy(() -> builder.open(null)).hasMessage("owner");
      assertThat(builder.grace(ZERO)).isSameAs(builder);
    }
  }
}
