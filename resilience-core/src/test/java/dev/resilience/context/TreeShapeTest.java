package dev.resilience.context;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What a tree costs in timers and steps, and what it says where two ends meet. */
class TreeShapeTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);

  @Nested
  class Two_cancels_at_one_reading_of_the_clock {

    @Test
    void end_a_merge_with_the_first_of_them_and_not_with_the_first_argument() {
      var one = root.withCancel();
      var other = root.withCancel();
      var merge = Context.firstOf(one, other);

      other.cancel(CancelReason.USER);
      one.cancel(CancelReason.SHUTDOWN);

      assertThat(merge.cause()).isSameAs(CancelReason.USER);
    }

    @Test
    void end_a_merge_of_merges_with_the_first_of_them() {
      var one = root.withCancel();
      var other = root.withCancel();
      var third = root.withTimeout(ofHours(1));
      var merge = Context.firstOf(Context.firstOf(one, other).withCancel(), third);

      third.cancel(CancelReason.USER);
      other.cancel(CancelReason.SUPERSEDED);
      one.cancel(CancelReason.SHUTDOWN);

      assertThat(merge.cause()).isSameAs(CancelReason.USER);
    }
  }

  @Nested
  class A_deadline_below_a_cancelled_parent {

    @Test
    void is_reported_like_any_other() {
      var parent = root.withTimeout(ofHours(1));
      var free = root.withCancel();
      parent.cancel();
      free.cancel();

      var earlier = parent.withTimeout(ofSeconds(1));
      var only = free.withTimeout(ofSeconds(1));

      assertThat(earlier.timeLeft()).isEqualTo(ofSeconds(1));
      assertThat(only.deadline()).isPresent();
      assertThat(only.timeLeft()).isEqualTo(ofSeconds(1));
      assertThat(only.hasTimeFor(ofHours(1))).isFalse();
    }

    @Test
    void that_has_passed_already_reads_as_cancelled() {
      var parent = root.withTimeout(ofHours(1));
      parent.cancel(CancelReason.USER);

      var child = parent.withTimeout(Duration.ZERO);
      time.advance(ofHours(2));

      assertThat(child.cause()).isSameAs(CancelReason.USER);
      assertThat(child.withCancel().cause()).isSameAs(CancelReason.USER);
      assertThat(child.timeLeft()).isZero();
    }
  }

  @Nested
  class Timers {

    @Test
    void a_deadline_above_needs_none_while_all_who_wait_have_an_earlier_one() {
      var request = root.withTimeout(ofSeconds(10));
      var call = request.withTimeout(ofSeconds(1));
      var ran = new AtomicInteger();

      call.onDone(ran::incrementAndGet);
      assertThat(time.pendingTimers()).isEqualTo(1);
      var own = request.onDone(ran::incrementAndGet);
      assertThat(time.pendingTimers()).isEqualTo(2);
      own.withdraw();
      assertThat(time.pendingTimers()).isEqualTo(1);

      time.advance(ofSeconds(1));
      assertThat(ran).hasValue(1);
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void a_deadline_above_has_one_while_a_child_without_its_own_waits() {
      var request = root.withTimeout(ofSeconds(10));
      var ran = new AtomicInteger();
      request.withCancel().onDone(ran::incrementAndGet);
      request.withTimeout(ofSeconds(1)).onDone(ran::incrementAndGet);
      Context.firstOf(request, root.withCancel()).onDone(ran::incrementAndGet);

      time.advance(ofSeconds(1));
      assertThat(ran).hasValue(1);
      time.advance(ofSeconds(9));
      assertThat(ran).hasValue(3);
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void a_child_with_more_time_hears_of_a_cancel_after_a_deadline_that_had_no_timer() {
      var request = root.withTimeout(ofSeconds(1));
      var rollback = request.withMoreTime(ofSeconds(5));
      var ran = new AtomicInteger();
      rollback.onDone(ran::incrementAndGet);
      assertThat(time.pendingTimers()).isEqualTo(1);

      time.advance(ofSeconds(2));
      request.cancel(CancelReason.USER);

      assertThat(rollback.cause()).isSameAs(CancelReason.USER);
      assertThat(ran).hasValue(1);
    }
  }

  @Nested
  class A_deep_tree {

    private static final int LEVELS = 20_000;

    /** Else each look would walk to the top: 200 million steps for these. */
    @Test
    void remembers_at_every_level_what_one_look_has_found() {
      var top = root.withCancel();
      List<CancellableContext> levels = new ArrayList<>();
      for (int i = 0; i < LEVELS; i++) {
        levels.add((i == 0 ? top : levels.get(i - 1)).withCancel());
      }
      top.cancel(CancelReason.USER);

      assertThat(levels.get(LEVELS - 1).isDone()).isTrue();

      assertThat(levels).allMatch(level -> ((Scope) level).isDecided());
      assertThat(levels).allMatch(level -> level.cause() == CancelReason.USER);
    }

    @Test
    void does_not_remember_above_a_scope_with_more_time_what_counts_below_it() {
      var request = root.withTimeout(ofSeconds(1));
      var middle = request.withCancel();
      var rollback = middle.withMoreTime(ofSeconds(5));
      var below = rollback.withCancel();
      time.advance(ofSeconds(2));
      assertThat(request.isDone()).isTrue();
      request.cancel(CancelReason.USER);

      assertThat(below.cause()).isSameAs(CancelReason.USER);
      assertThat(middle.isCancelled()).isFalse();
    }

    @Test
    void tells_each_of_20_000_who_registered_before_the_cancel() {
      var top = root.withCancel();
      var ran = new AtomicInteger();
      Context level = top;
      for (int i = 0; i < LEVELS; i++) {
        level = level.withCancel();
        level.onDone(ran::incrementAndGet);
      }

      top.cancel();

      assertThat(ran).hasValue(LEVELS);
    }
  }
}
