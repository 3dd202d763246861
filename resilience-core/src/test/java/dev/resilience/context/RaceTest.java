package dev.resilience.context;

import static java.time.Duration.ofSeconds;

import dev.resilience.Schedules;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;

/**
 * Races of three threads: Lincheck controls where a thread stops and which one goes on. Forty
 * schedules each; {@code -Dresilience.schedules=2000} looks deeper, and once found a lost callback.
 * Races of two threads are in {@code benchmarks/jcstress}.
 */
class RaceTest {

  private static final int SCHEDULES = Schedules.count(40);

  private static void check(Runnable race) {
    Lincheck.runConcurrentTest(SCHEDULES, race);
  }

  @Test
  void one_who_registers_is_told_of_the_cancel_while_another_is_taken_back() {
    check(
        () -> {
          var told = new AtomicIntegerArray(1);
          CancellableContext context = Context.background().withCancel();
          Registration other = context.onDone(() -> {});
          together(
              context::cancel,
              other::withdraw,
              () -> context.onDone(() -> told.incrementAndGet(0)));
          toldOnce(told);
          nobodyWaits(context);
        });
  }

  @Test
  void two_who_register_below_the_same_unlinked_child_are_both_told_of_the_parents_cancel() {
    check(
        () -> {
          var told = new AtomicIntegerArray(2);
          CancellableContext parent = Context.background().withCancel();
          Context child = parent.withCancel();
          Context left = child.withCancel();
          Context right = child.withCancel();
          together(
              parent::cancel,
              () -> left.onDone(() -> told.incrementAndGet(0)),
              () -> right.onDone(() -> told.incrementAndGet(1)));
          toldOnce(told);
          nobodyWaits(parent, child, left, right);
        });
  }

  @Test
  void one_who_registers_below_a_child_that_another_lets_go_of_is_told_of_the_parents_cancel() {
    check(
        () -> {
          var told = new AtomicIntegerArray(1);
          CancellableContext parent = Context.background().withCancel();
          Context child = parent.withCancel();
          Context below = child.withCancel();
          Registration other = child.onDone(() -> {});
          together(
              parent::cancel, other::withdraw, () -> below.onDone(() -> told.incrementAndGet(0)));
          toldOnce(told);
          nobodyWaits(parent, child, below);
        });
  }

  @Test
  void two_who_cancel_at_different_heights_tell_one_who_registers_once() {
    check(
        () -> {
          var told = new AtomicIntegerArray(1);
          CancellableContext parent = Context.background().withCancel();
          CancellableContext child = parent.withCancel();
          Context below = child.withCancel();
          together(
              parent::cancel, child::cancel, () -> below.onDone(() -> told.incrementAndGet(0)));
          toldOnce(told);
          nobodyWaits(parent, child, below);
        });
  }

  @Test
  void one_who_registers_below_a_merge_is_told_once_when_both_sources_are_cancelled() {
    check(
        () -> {
          var told = new AtomicIntegerArray(1);
          CancellableContext one = Context.background().withCancel();
          CancellableContext other = Context.background().withCancel();
          Context merge = Context.firstOf(one, other);
          together(one::cancel, other::cancel, () -> merge.onDone(() -> told.incrementAndGet(0)));
          toldOnce(told);
          nobodyWaits(one, other, merge);
        });
  }

  @Test
  void of_two_who_register_and_one_who_closes_the_child_nothing_stays_with_the_living_parent() {
    check(
        () -> {
          var told = new AtomicIntegerArray(2);
          CancellableContext parent = Context.background().withCancel();
          CancellableContext child = parent.withCancel();
          together(
              child::close,
              () -> child.onDone(() -> told.incrementAndGet(0)),
              () -> child.onDone(() -> told.incrementAndGet(1)));
          toldOnce(told);
          nobodyWaits(parent, child);
          if (parent.isDone()) {
            throw new AssertionError("the parent ended with its child");
          }
        });
  }

  private static void together(Runnable... actions) {
    List<Thread> threads = new ArrayList<>();
    for (Runnable action : actions) {
      threads.add(new Thread(action));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void a_deadline_has_a_timer_for_one_who_registers_while_those_with_earlier_ones_come_and_go() {
    // A clock with locks of its own makes each schedule long; jcstress looks at this one as well.
    Lincheck.runConcurrentTest(
        Math.max(1, SCHEDULES / 4),
        () -> {
          var told = new AtomicIntegerArray(2);
          var time = VirtualTime.manual();
          CancellableContext request = Context.background(time).withTimeout(ofSeconds(2));
          Context earlier = request.withTimeout(ofSeconds(1));
          Context plain = request.withCancel();
          Registration going = plain.onDone(() -> {});
          together(
              () -> earlier.onDone(() -> told.incrementAndGet(0)),
              () -> request.onDone(() -> told.incrementAndGet(1)),
              going::withdraw);
          time.advance(ofSeconds(2));
          toldOnce(told);
          nobodyWaits(request, earlier, plain);
          if (time.pendingTimers() != 0) {
            throw new AssertionError(time.pendingTimers() + " timers are left");
          }
        });
  }

  @Test
  void a_hook_of_work_that_is_over_is_gone_and_one_of_work_that_is_cut_off_has_run() {
    check(
        () -> {
          var told = new AtomicIntegerArray(1);
          CancellableContext context = Context.background().withCancel();
          WorkContext work = WorkContext.of(context);
          var hook = new Registration[1];
          together(
              () -> hook[0] = work.onAbort(() -> told.incrementAndGet(0)),
              work::returned,
              context::cancel);
          if (told.get(0) > 1) {
            throw new AssertionError("told " + told);
          }
          if (hook[0].withdraw()) {
            throw new AssertionError("neither withdrawn nor run");
          }
          nobodyWaits(context);
        });
  }

  @Test
  void hooks_that_two_register_while_the_work_ends_leave_nothing_with_the_living_context() {
    check(
        () -> {
          CancellableContext context = Context.background().withCancel();
          WorkContext work = WorkContext.of(context);
          together(() -> work.onAbort(() -> {}), () -> work.onAbort(() -> {}), work::returned);
          if (context.isDone()) {
            throw new AssertionError("the context ended with its work");
          }
          nobodyWaits(context);
        });
  }

  private static void toldOnce(AtomicIntegerArray told) {
    for (int i = 0; i < told.length(); i++) {
      if (told.get(i) != 1) {
        throw new AssertionError("callback " + i + " ran " + told.get(i) + " times");
      }
    }
  }

  private static void nobodyWaits(Context... contexts) {
    for (int i = 0; i < contexts.length; i++) {
      if (ContextProbe.waiters(contexts[i]) != 0) {
        throw new AssertionError("somebody waits at context " + i);
      }
    }
  }
}
