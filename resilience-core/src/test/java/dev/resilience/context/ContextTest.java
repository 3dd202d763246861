package dev.resilience.context;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.time.Deadline;
import dev.resilience.time.TimeSource;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user sees of one context, row by row of the requirements; on virtual time. */
class ContextTest {

  private static final Throwable WHY = new IllegalStateException("why");

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);

  @Nested
  class A_root {

    @Test
    void never_ends_and_has_neither_deadline_nor_values() {
      time.advance(Duration.ofDays(36_500));

      assertThat(root.isDone()).isFalse();
      assertThat(root.isCancelled()).isFalse();
      assertThat(root.error()).isNull();
      assertThat(root.cause()).isNull();
      assertThat(root.deadline()).isEmpty();
      assertThat(root.hasTimeFor(Duration.ofDays(36_500))).isTrue();
      assertThat(root.timeLeft()).isEqualTo(Duration.ofNanos(TimeSource.MAX_AHEAD));
      assertThat(root.get(Key.of("any", String.class))).isNull();
      assertThat(root.name()).isEmpty();
    }

    @Test
    void says_of_itself_when_it_is_only_a_placeholder() {
      assertThat(Context.todo().toString()).contains("todo");
      assertThat(Context.background().toString()).contains("background");
      assertThat(Context.todo().isDone()).isFalse();
    }

    @Test
    void takes_callbacks_that_can_be_withdrawn_once() {
      Registration registration = root.onDone(() -> {});

      assertThat(registration.withdraw()).isTrue();
      assertThat(registration.withdraw()).isFalse();
    }

    @Test
    void cannot_be_cancelled() {
      assertThat(root).isNotInstanceOf(CancellableContext.class);
      assertThat(Context.background()).isNotInstanceOf(CancellableContext.class);
    }
  }

  @Nested
  class A_cancel {

    @Test
    void ends_every_descendant_before_it_returns_and_spares_the_others() {
      var parent = root.withCancel();
      var context = parent.withCancel();
      var sibling = parent.withCancel();
      var grandchild = context.withTimeout(ofSeconds(1)).withName("x").withCancel();

      assertThat(context.cancel(WHY)).isTrue();

      assertThat(grandchild.isDone()).isTrue();
      assertThat(grandchild.cause()).isSameAs(WHY);
      assertThat(grandchild.isEndInherited()).isTrue();
      assertThat(context.isEndInherited()).isFalse();
      assertThat(parent.isDone()).isFalse();
      assertThat(sibling.isDone()).isFalse();
    }

    @Test
    void counts_once_and_the_first_cause_wins() {
      var context = root.withCancel();

      assertThat(context.cancel(WHY)).isTrue();
      assertThat(context.cancel(new IOException())).isFalse();
      assertThat(context.cancel()).isFalse();
      context.close();

      assertThat(context.cause()).isSameAs(WHY);
      assertThat(context.error()).isInstanceOf(ContextCancelledException.class).hasCause(WHY);
    }

    @Test
    void without_a_cause_is_its_own_cause() {
      var context = root.withCancel();

      context.cancel();

      assertThat(context.cause()).isSameAs(context.error());
    }

    @Test
    void by_closing_says_so() {
      var context = root.withCancel();

      context.close();

      assertThat(context.cause()).isSameAs(CancelReason.CLOSED);
      assertThat(context.error()).hasMessage("the context was cancelled: closed");
    }

    @Test
    void of_the_parent_beats_a_later_one_of_the_child() {
      var parent = root.withCancel();
      var child = parent.withCancel();

      parent.cancel(WHY);

      assertThat(child.cancel(new IOException())).isFalse();
      assertThat(child.cause()).isSameAs(WHY);
    }

    @Test
    void beats_a_deadline_in_the_past_that_is_derived_below_later() {
      var parent = root.withTimeout(ofSeconds(1));
      parent.cancel(WHY);

      assertThat(parent.withTimeout(ofSeconds(-5)).cause()).isSameAs(WHY);
    }

    @Test
    void loses_a_tie_to_the_deadline() {
      var context = root.withTimeout(ofSeconds(1));
      var late = root.withTimeout(ofSeconds(1));

      time.advance(ofSeconds(1).minusNanos(1));
      assertThat(context.cancel(WHY)).isTrue();
      time.advance(Duration.ofNanos(1));
      assertThat(late.cancel(WHY)).isFalse();

      assertThat(context.isCancelled()).isTrue();
      assertThat(late.error()).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void needs_a_cause_if_it_is_given_one() {
      var context = root.withCancel();

      assertThatNullPointerException().isThrownBy(() -> context.cancel(null)).withMessage("cause");
      assertThat(context.isDone()).isFalse();
    }
  }

  @Nested
  class A_deadline {

    @Test
    void passes_at_its_moment_and_not_before() {
      var context = root.withTimeout(ofSeconds(1));

      time.advance(ofSeconds(1).minusNanos(1));
      assertThat(context.isDone()).isFalse();
      assertThat(context.timeLeft()).isEqualTo(Duration.ofNanos(1));
      time.advance(Duration.ofNanos(1));

      assertThat(context.isDone()).isTrue();
      assertThat(context.isCancelled()).isFalse();
      assertThat(context.error()).isInstanceOf(DeadlineExceededException.class);
      assertThat(context.cause()).isSameAs(context.error());
      assertThat(context.timeLeft()).isZero();
    }

    @Test
    void is_the_earliest_on_the_path() {
      var outer = root.withTimeout(ofSeconds(1));
      var inner = outer.withTimeout(ofSeconds(5));

      assertThat(inner.timeLeft()).isEqualTo(ofSeconds(1));
      assertThat(inner.deadline()).isEqualTo(outer.deadline());
      time.advance(ofSeconds(1));
      assertThat(inner.isDone()).isTrue();
      assertThat(inner.isEndInherited()).isTrue();
      assertThat(outer.isEndInherited()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void that_is_not_in_the_future_has_passed(long seconds) {
      var context = root.withTimeout(Duration.ofSeconds(seconds));

      assertThat(context.error()).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void that_has_passed_as_an_instant_or_a_deadline_ends_the_context_at_once() {
      assertThat(root.withDeadline(time.instant()).isDone()).isTrue();
      assertThat(root.withDeadline(Instant.MIN).isDone()).isTrue();
      assertThat(root.withDeadline(Deadline.after(Duration.ZERO, time)).isDone()).isTrue();
    }

    @Test
    void may_be_as_far_away_as_a_duration_can_tell() {
      var context = root.withTimeout(ofSeconds(Long.MAX_VALUE));
      var instant = root.withDeadline(Instant.MAX);

      time.advance(Duration.ofDays(36_500));

      assertThat(context.isDone()).isFalse();
      assertThat(instant.isDone()).isFalse();
    }

    @Test
    void does_not_move_when_the_wall_clock_jumps() {
      var context = root.withDeadline(time.instant().plusSeconds(10));

      time.jumpWallClock(Duration.ofHours(1));
      assertThat(context.isDone()).isFalse();
      time.jumpWallClock(Duration.ofHours(-2));
      time.advance(ofSeconds(10));

      assertThat(context.isDone()).isTrue();
    }

    @Test
    void of_another_time_source_is_refused() {
      var foreign = Deadline.after(ofSeconds(1), VirtualTime.manual());

      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> root.withDeadline(foreign))
          .withMessageStartingWith("deadline: ");
    }

    @Test
    void that_nobody_has_looked_at_reads_as_closed_after_a_close_that_reads_no_clock() {
      var context = root.withTimeout(ofSeconds(1));
      time.advance(ofSeconds(2));

      context.close();

      assertThat(context.cause()).isSameAs(CancelReason.CLOSED);
    }

    @Test
    void has_a_timer_only_while_somebody_waits() {
      var context = root.withTimeout(ofSeconds(1));
      var child = context.withTimeout(ofSeconds(9)).withCancel();
      assertThat(time.pendingTimers()).isZero();

      var one = child.onDone(() -> {});
      var other = context.onDone(() -> {});
      assertThat(time.pendingTimers()).isEqualTo(1);
      one.withdraw();
      assertThat(time.pendingTimers()).isEqualTo(1);
      other.withdraw();

      assertThat(time.pendingTimers()).isZero();
      assertThat(ContextProbe.waiters(context)).isZero();
    }
  }

  @Nested
  class A_callback {

    private final List<String> told = new ArrayList<>();

    @Test
    void runs_once_in_order_of_registration_the_parents_before_the_childrens() {
      var context = root.withCancel();
      var child = context.withCancel();
      child.onDone(() -> told.add("child"));
      context.onDone(() -> told.add("first"));
      context.onDone(() -> told.add("second"));

      context.cancel();
      context.cancel();
      context.close();

      assertThat(told).containsExactly("first", "second", "child");
    }

    @Test
    void sees_the_whole_subtree_ended() {
      var context = root.withCancel();
      var grandchild = context.withCancel().withCancel();
      context.onDone(() -> told.add("done below: " + grandchild.isDone()));

      context.cancel();

      assertThat(told).containsExactly("done below: true");
    }

    @Test
    void runs_at_once_if_it_comes_after_the_end() {
      var context = root.withTimeout(ofSeconds(1));
      time.advance(ofSeconds(2));

      var registration = context.onDone(() -> told.add("late"));

      assertThat(told).containsExactly("late");
      assertThat(registration.withdraw()).isFalse();
    }

    @Test
    void does_not_run_when_it_was_withdrawn() {
      var context = root.withCancel();
      var registration = context.onDone(() -> told.add("withdrawn"));
      context.onDone(() -> told.add("other"));

      assertThat(registration.withdraw()).isTrue();
      context.cancel();

      assertThat(told).containsExactly("other");
      assertThat(registration.withdraw()).isFalse();
    }

    @Test
    void that_throws_harms_neither_the_canceller_nor_the_others() {
      var context = root.withCancel();
      context.onDone(
          () -> {
            throw new IOException("contained");
          });
      context.onDone(
          () -> {
            throw new AssertionError("contained, too");
          });
      context.onDone(() -> told.add("next"));

      assertThat(context.cancel()).isTrue();

      assertThat(told).containsExactly("next");
    }

    @Test
    void may_cancel_register_and_derive() {
      var context = root.withCancel();
      context.onDone(
          () -> {
            context.cancel();
            context.onDone(() -> told.add("inner"));
            told.add("child ended: " + context.withCancel().isDone());
          });

      context.cancel();

      assertThat(told).containsExactly("inner", "child ended: true");
    }

    @Test
    void keeps_a_forgotten_chain_below_it_alive() {
      var context = root.withCancel();
      context.withCancel().withName("between").withCancel().onDone(() -> told.add("heard"));

      System.gc();
      context.cancel();

      assertThat(told).containsExactly("heard");
    }

    @Test
    void of_a_deadline_runs_in_time() {
      var context = root.withTimeout(ofSeconds(1));
      context.withCancel().onDone(() -> told.add("at " + time.elapsed()));

      time.advance(ofSeconds(5));

      assertThat(told).containsExactly("at PT1S");
    }
  }

  @Nested
  class A_stage {

    @Test
    void completes_with_the_error() {
      var context = root.withCancel();
      var stage = context.done();
      AtomicInteger completed = new AtomicInteger();
      stage.thenAccept(error -> completed.incrementAndGet());
      assertThat(completed).hasValue(0);

      context.cancel(WHY);

      assertThat(stage.toCompletableFuture().join()).isSameAs(context.error());
      assertThat(completed).hasValue(1);
    }

    @Test
    void of_a_delay_completes_in_time_and_leaves_nothing_behind() {
      var context = root.withCancel();
      var delay = context.delay(ofSeconds(3)).toCompletableFuture();

      time.advance(ofSeconds(3).minusNanos(1));
      assertThat(delay).isNotDone();
      time.advance(Duration.ofNanos(1));

      assertThat(delay).isCompletedWithValue(null);
      assertThat(ContextProbe.waiters(context)).isZero();
    }

    @Test
    void of_a_delay_fails_when_the_context_ends() {
      var context = root.withCancel();
      var delay = context.delay(ofSeconds(3)).toCompletableFuture();

      context.cancel(WHY);

      assertThat(catchThrowableOfType(CompletionException.class, delay::join).getCause())
          .isInstanceOf(ContextCancelledException.class);
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void of_a_delay_can_be_given_up() {
      var context = root.withCancel();

      context.delay(ofSeconds(3)).toCompletableFuture().cancel(false);

      assertThat(time.pendingTimers()).isZero();
      assertThat(ContextProbe.waiters(context)).isZero();
    }
  }

  @Nested
  class A_wait {

    private final List<String> told = new ArrayList<>();

    @Test
    void sleeps_its_time() {
      var context = root.withCancel();
      time.start(
          "sleeper",
          () -> {
            context.sleep(ofSeconds(3));
            told.add("awake at " + time.elapsed());
          });

      time.advance(ofSeconds(10));

      assertThat(told).containsExactly("awake at PT3S");
      assertThat(ContextProbe.waiters(context)).isZero();
    }

    @Test
    void ends_with_the_context() {
      var context = root.withTimeout(ofSeconds(1));
      time.start("sleeper", () -> told.add(end(() -> context.sleep(ofSeconds(3)))));
      var other = root.withCancel();
      time.start("waiter", () -> told.add(end(() -> other.await(new CompletableFuture<>()))));
      time.start("watcher", () -> told.add("done: " + other.awaitDone(ofSeconds(5))));

      time.advance(ofSeconds(1));
      other.cancel();
      time.advance(Duration.ZERO);

      assertThat(told)
          .containsExactlyInAnyOrder(
              "DeadlineExceededException at PT1S",
              "ContextCancelledException at PT1S",
              "done: true");
    }

    @Test
    void for_the_end_gives_up_when_its_limit_is_reached() {
      var context = root.withCancel();
      time.start("watcher", () -> told.add(context.awaitDone(ofSeconds(2)) + " " + time.elapsed()));

      time.advance(ofSeconds(9));

      assertThat(told).containsExactly("false PT2S");
    }

    @Test
    void for_a_stage_gives_its_value_or_its_raw_failure() throws Exception {
      assertThat(root.<String>await(CompletableFuture.completedFuture("value"))).isEqualTo("value");
      var failed = CompletableFuture.supplyAsync(() -> fail("raw"));
      assertThatExceptionOfType(ExecutionException.class)
          .isThrownBy(
              () -> root.await(CompletableFuture.failedFuture(new CompletionException(WHY))))
          .withCause(WHY);
      assertThat(failed).isNotNull();
    }

    @Test
    void prefers_a_result_that_is_there_to_an_end() throws Exception {
      var context = root.withCancel();
      context.cancel();

      assertThat(context.<String>await(CompletableFuture.completedFuture("value")))
          .isEqualTo("value");
    }

    @Test
    void is_ended_by_an_interrupt_which_it_consumes() {
      var context = root.withCancel();
      Thread.currentThread().interrupt();

      assertThatExceptionOfType(InterruptedException.class)
          .isThrownBy(() -> context.sleep(ofSeconds(1)));

      assertThat(Thread.interrupted()).isFalse();
      assertThat(ContextProbe.waiters(context)).isZero();
    }

    private String end(Blocking wait) throws Exception {
      try {
        wait.run();
        return "returned";
      } catch (ContextException e) {
        return e.getClass().getSimpleName() + " at " + time.elapsed();
      }
    }

    private static String fail(String message) {
      throw new IllegalStateException(message);
    }

    interface Blocking {
      void run() throws Exception;
    }
  }

  @Nested
  class More_time {

    @Test
    void outlasts_the_deadlines_above() {
      var request = root.withTimeout(ofSeconds(1));
      var rollback = request.withMoreTime(ofSeconds(5));

      time.advance(ofSeconds(3));
      assertThat(request.isDone()).isTrue();
      assertThat(rollback.isDone()).isFalse();
      assertThat(rollback.timeLeft()).isEqualTo(ofSeconds(2));
      time.advance(ofSeconds(2));

      assertThat(rollback.error()).isInstanceOf(DeadlineExceededException.class);
      assertThat(rollback.isEndInherited()).isFalse();
    }

    @Test
    void can_be_had_after_the_deadline_and_with_the_values() {
      Key<String> key = Key.of("key", String.class);
      var request = root.withValue(key, "value").withTimeout(ofSeconds(1));
      time.advance(ofSeconds(1));

      var fallback = request.withMoreTime(ofMillis(200));

      assertThat(fallback.isDone()).isFalse();
      assertThat(fallback.require(key)).isEqualTo("value");
    }

    @Test
    void hears_a_cancel_that_comes_after_the_deadline() {
      var request = root.withTimeout(ofSeconds(1));
      var rollback = request.withCancel().withMoreTime(ofSeconds(5));
      List<Object> told = new ArrayList<>();
      rollback.onDone(() -> told.add(rollback.cause()));
      time.advance(ofSeconds(2));
      assertThat(told).isEmpty();

      assertThat(request.cancel(CancelReason.USER)).isFalse();

      assertThat(told).containsExactly(CancelReason.USER);
      assertThat(request.error()).isInstanceOf(DeadlineExceededException.class);
    }

    @Test
    void is_not_less_time() {
      var request = root.withTimeout(ofSeconds(10));

      assertThat(request.withMoreTime(ofSeconds(5)).timeLeft()).isEqualTo(ofSeconds(10));
      assertThat(root.withMoreTime(ofSeconds(5)).deadline()).isEmpty();
    }

    @Test
    void must_be_some() {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> root.withMoreTime(Duration.ZERO))
          .withMessage("atLeast: 0 s (expected: > 0)");
    }
  }

  @Nested
  class A_merge {

    private final Key<String> key = Key.of("key", String.class);
    private final Key<String> other = Key.of("other", String.class);

    @Test
    void ends_with_the_first_and_has_its_cause() {
      var one = root.withCancel();
      var two = root.withCancel();
      var both = Context.firstOf(one, two);

      two.cancel(WHY);

      assertThat(both.cause()).isSameAs(WHY);
      assertThat(one.isDone()).isFalse();
    }

    @Test
    void has_the_earliest_deadline_and_the_first_values() {
      var one = root.withValue(key, "one").withTimeout(ofSeconds(9));
      var two = root.withValue(key, "two").withValue(other, "two").withTimeout(ofSeconds(4));

      var both = Context.firstOf(one, two);

      assertThat(both.timeLeft()).isEqualTo(ofSeconds(4));
      assertThat(both.require(key)).isEqualTo("one");
      assertThat(both.require(other)).isEqualTo("two");
    }

    @Test
    void lets_go_of_all_when_it_is_closed() {
      var one = root.withCancel();
      var two = root.withTimeout(ofSeconds(1));
      try (var both = Context.firstOf(one, two)) {
        both.onDone(() -> {});
        assertThat(ContextProbe.waiters(one)).isEqualTo(1);
        assertThat(ContextProbe.waiters(two)).isEqualTo(1);
      }

      assertThat(ContextProbe.waiters(one)).isZero();
      assertThat(ContextProbe.waiters(two)).isZero();
      assertThat(time.pendingTimers()).isZero();
      assertThat(one.isDone()).isFalse();
    }

    @Test
    void does_not_multiply_in_nested_diamonds() {
      CancellableContext top = root.withCancel();
      CancellableContext merged = top;
      for (int i = 0; i < 200; i++) {
        merged = Context.firstOf(merged.withCancel(), merged.withCancel());
      }
      AtomicInteger told = new AtomicInteger();
      merged.onDone(told::incrementAndGet);
      assertThat(merged.isDone()).isFalse();

      top.cancel(WHY);

      assertThat(told).hasValue(1);
      assertThat(merged.cause()).isSameAs(WHY);
    }

    @Test
    void of_two_time_sources_is_refused() {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> Context.firstOf(root, Context.background()))
          .withMessageStartingWith("others: ");
    }
  }

  @Nested
  class Detaching {

    private final Key<String> key = Key.of("key", String.class);
    private final Key<String> other = Key.of("other", String.class);

    @Test
    void keeps_the_values_and_drops_cancellation_and_deadline() {
      var request = root.withValue(key, "value").withName("r").withTimeout(ofSeconds(1));
      var detached = request.detached();
      request.cancel();
      time.advance(ofSeconds(2));

      assertThat(detached.isDone()).isFalse();
      assertThat(detached.deadline()).isEmpty();
      assertThat(detached.require(key)).isEqualTo("value");
      assertThat(detached.name()).isEqualTo("r");
      assertThat(detached.withTimeout(ofSeconds(1)).timeLeft()).isEqualTo(ofSeconds(1));
    }

    @Test
    void may_keep_a_chosen_few_on_another_root() {
      var request = root.withValue(key, "value").withValue(other, "secret").withCancel();

      var kept = root.withValuesOf(request, key, Key.of("absent", String.class));
      request.cancel();

      assertThat(kept.require(key)).isEqualTo("value");
      assertThat(kept.has(other)).isFalse();
      assertThat(kept.isDone()).isFalse();
    }
  }

  @Nested
  class Interrupting {

    @Test
    void returns_the_result_and_leaves_no_trace() throws Exception {
      var context = root.withTimeout(ofSeconds(1));

      String result = context.interruptibly(() -> "result");

      assertThat(result).isEqualTo("result");
      assertThat(ContextProbe.waiters(context)).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void does_not_start_under_an_ended_context() {
      var context = root.withTimeout(ofSeconds(1));
      time.advance(ofSeconds(1));

      assertThatExceptionOfType(DeadlineExceededException.class)
          .isThrownBy(() -> context.interruptibly(() -> fail()));
      assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void frees_work_that_blocks_and_clears_the_flag() throws Exception {
      var context = root.withTimeout(ofSeconds(1));
      List<Object> told = new ArrayList<>();
      time.start(
          "worker",
          () -> {
            try {
              context.interruptibly(
                  () -> {
                    time.park("for ever");
                    // Parking leaves the flag set; so does work that does not care.
                    throw new IOException("aborted");
                  });
            } catch (DeadlineExceededException e) {
              told.add(e.getSuppressed()[0].getMessage());
              told.add(Thread.currentThread().isInterrupted());
            }
          });

      time.advance(ofSeconds(1));

      assertThat(told).containsExactly("aborted", false);
    }

    @Test
    void returns_a_result_that_comes_after_the_end() throws Exception {
      var context = root.withCancel();

      String result =
          context.interruptibly(
              () -> {
                context.cancel();
                return "late";
              });

      assertThat(result).isEqualTo("late");
      assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void keeps_an_interrupt_from_outside_that_came_first() throws Exception {
      var context = root.withCancel();

      context.interruptibly(
          () -> {
            Thread.currentThread().interrupt();
            context.cancel();
            return "done";
          });

      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void keeps_an_interrupt_from_outside_under_an_ended_context() {
      var context = root.withCancel();
      context.cancel();
      Thread.currentThread().interrupt();

      assertThatExceptionOfType(ContextException.class)
          .isThrownBy(() -> context.interruptibly(() -> fail()));
      assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void passes_on_what_the_work_throws_while_the_context_lives() {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () ->
                  root.withCancel()
                      .interruptibly(
                          () -> {
                            throw new IOException("own");
                          }))
          .withMessage("own");
    }

    private static String fail() {
      throw new AssertionError("must not run");
    }
  }

  @Nested
  class Values_of_a_context {

    private final Key<String> key = Key.of("same", String.class);
    private final Key<String> twin = Key.of("same", String.class);

    @Test
    void belong_to_the_key_and_not_to_its_name() {
      var context = root.withValue(key, "mine");

      assertThat(context.get(key)).isEqualTo("mine");
      assertThat(context.get(twin)).isNull();
      assertThat(context.has(twin)).isFalse();
      assertThat(context.find(key)).contains("mine");
      assertThat(context.find(twin)).isEmpty();
      assertThat(context.getOrDefault(twin, "default")).isEqualTo("default");
      assertThatExceptionOfType(java.util.NoSuchElementException.class)
          .isThrownBy(() -> context.require(twin))
          .withMessageContaining("same");
    }

    @Test
    void are_shadowed_by_a_child_and_never_seen_by_the_parent() {
      var parent = root.withValue(key, "parent");
      var child = parent.withCancel().withValue(key, "child").withTimeout(ofSeconds(1));

      assertThat(child.get(key)).isEqualTo("child");
      assertThat(parent.get(key)).isEqualTo("parent");
      assertThat(root.get(key)).isNull();
    }

    @Test
    void are_found_among_many() {
      List<Key<Integer>> keys = new ArrayList<>();
      Context context = root;
      for (int i = 0; i < 500; i++) {
        keys.add(Key.of("k" + i, Integer.class));
        context = context.withValue(keys.get(i), i);
      }

      for (int i = 0; i < 500; i++) {
        assertThat(context.get(keys.get(i))).isEqualTo(i);
      }
      assertThat(context.get(Key.of("unknown", Integer.class))).isNull();
    }

    @Test
    void are_checked_when_they_are_set() {
      Key<String> user =
          Key.of("user", String.class).checked("1 to 64 characters", u -> !u.isEmpty());

      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> root.withValue(user, ""))
          .withMessage("user: the value given (expected: 1 to 64 characters)");
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> root.withValue(user.shown(), ""))
          .withMessage("user:  (expected: 1 to 64 characters)");
      assertThatNullPointerException().isThrownBy(() -> root.withValue(user, null));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> Key.of(" ", String.class));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> Key.of("n", int.class));
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"})
    void of_a_wrong_type_never_enter_the_tree() {
      Key raw = key;

      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> root.withValue(raw, 42))
          .withMessage("same: a java.lang.Integer (expected: a java.lang.String)");
    }

    @Test
    void name_it_for_all_below() {
      var context = root.withName("checkout").withTimeout(ofSeconds(1)).withCancel();

      assertThat(context.name()).isEqualTo("checkout");
      assertThat(context.toString()).isEqualTo("context 'checkout' (1 s left)");
      context.cancel(CancelReason.USER);
      assertThat(context.toString()).contains("the user left");
    }
  }

  @Nested
  class Request_info {

    @Test
    void travels_as_a_whole() {
      RequestInfo info =
          RequestInfo.builder()
              .requestId("r-1")
              .userId("u-1")
              .traceId("t-1")
              .startTime(time.instant())
              .userAgent("test agent")
              .clientAddress("192.0.2.1")
              .build();

      var context = info.in(root.withCancel()).withTimeout(ofSeconds(1));

      RequestInfo read = RequestInfo.of(context);
      assertThat(read.requestId()).contains("r-1");
      assertThat(read.userId()).contains("u-1");
      assertThat(read.traceId()).contains("t-1");
      assertThat(read.startTime()).contains(time.instant());
      assertThat(read.userAgent()).contains("test agent");
      assertThat(read.clientAddress()).contains("192.0.2.1");
      assertThat(context.get(RequestInfo.USER_ID)).isEqualTo("u-1");
      assertThat(read.toString()).contains("r-1").doesNotContain("u-1");
    }

    @Test
    void changes_only_what_it_has() {
      var context = RequestInfo.builder().userId("u").requestId("r").build().in(root);

      var changed = RequestInfo.builder().userId("v").build().in(context);

      assertThat(changed.get(RequestInfo.USER_ID)).isEqualTo("v");
      assertThat(changed.get(RequestInfo.REQUEST_ID)).isEqualTo("r");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "line\nbreak", "ümlaut"})
    void refuses_ids_that_do_not_belong_in_a_header(String id) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> RequestInfo.builder().requestId(id))
          .withMessageStartingWith("request-id: ");
    }
  }

  @Nested
  class An_observer {

    private final List<String> told = new ArrayList<>();
    private final Context observed =
        Context.observed(
            time,
            new ContextObserver() {
              @Override
              public void onDerived(Context context, Context parent, long nanos) {
                told.add("derived " + context.name());
              }

              @Override
              public void onEnded(Context context, ContextException error, long nanos) {
                told.add("ended " + context.name() + ": " + error.getClass().getSimpleName());
              }
            });

    @Test
    void is_told_of_each_end_in_time_though_nobody_else_waits() {
      var parent = observed.withName("parent").withTimeout(ofSeconds(1));
      parent.withName("child").withCancel();
      observed.withName("other").withCancel().close();
      time.advance(ofSeconds(1));

      assertThat(told)
          .containsExactly(
              "derived parent",
              "derived child",
              "derived other",
              "ended other: ContextCancelledException",
              "ended parent: DeadlineExceededException",
              "ended child: DeadlineExceededException");
    }

    @Test
    void hears_before_the_callbacks() {
      var context = observed.withName("x").withCancel();
      context.onDone(() -> told.add("callback"));

      context.cancel();

      assertThat(told)
          .containsExactly("derived x", "ended x: ContextCancelledException", "callback");
    }
  }

  @Nested
  class A_very_deep_tree {

    private static final int LEVELS = 100_000;

    @Test
    void is_walked_without_recursion() {
      CancellableContext top = root.withCancel();
      Context bottom = top;
      for (int i = 0; i < LEVELS; i++) {
        bottom = bottom.withCancel();
      }
      AtomicInteger told = new AtomicInteger();
      assertThat(bottom.isDone()).isFalse();
      bottom.onDone(told::incrementAndGet).withdraw();
      assertThat(ContextProbe.waiters(top)).isZero();
      bottom.onDone(told::incrementAndGet);

      top.cancel(WHY);

      assertThat(told).hasValue(1);
      assertThat(bottom.cause()).isSameAs(WHY);
      assertThat(bottom.withTimeout(ofSeconds(1)).isDone()).isTrue();
    }

    @Test
    void ends_by_the_deadline_at_its_top() {
      Context bottom = root.withTimeout(ofSeconds(1));
      for (int i = 0; i < LEVELS; i++) {
        bottom = i % 2 == 0 ? bottom.withTimeout(ofSeconds(2)) : bottom.withName("n").withCancel();
      }
      AtomicInteger told = new AtomicInteger();
      bottom.onDone(told::incrementAndGet);

      time.advance(ofSeconds(1));

      assertThat(told).hasValue(1);
    }
  }
}
