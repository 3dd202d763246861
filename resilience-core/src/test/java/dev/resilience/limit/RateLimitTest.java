package dev.resilience.limit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.context.Key;
import dev.resilience.error.RateLimitExceededException;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.time.RefusingTime;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RateLimitTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final Context root = Context.background(time);
  private final List<String> log = new ArrayList<>();

  /** Ten a second, two at once. */
  private final RateLimit limit = RateLimit.builder("mail").rate(10, ofSeconds(1)).burst(2).build();

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
  }

  @Nested
  class Try_acquire {

    @Test
    void takes_the_burst_and_then_what_time_brings() throws Exception {
      run(
          () -> {
            assertThat(limit.tryAcquire(root)).isTrue();
            assertThat(limit.tryAcquire(root)).isTrue();
            assertThat(limit.tryAcquire(root)).isFalse();
            root.sleep(ofMillis(99));
            assertThat(limit.tryAcquire(root)).isFalse();
            root.sleep(ofMillis(1));
            assertThat(limit.tryAcquire(root)).isTrue();
            return null;
          });
    }

    @Test
    void does_not_overtake_those_who_wait() throws Exception {
      run(
          () -> {
            assertThat(limit.tryAcquire(root, 2)).isTrue();
            time.start("patient", () -> limit.acquire(root, 2));
            root.sleep(ofMillis(150)); // one token is there, the other one is not
            assertThat(limit.tryAcquire(root)).isFalse();
            return null;
          });
    }

    @Test
    void refuses_more_than_the_burst() {
      assertThatThrownBy(() -> limit.tryAcquire(root, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tokens: 3 (expected: 1 to 2, the burst of mail)");
    }

    @Test
    void refuses_a_second_clock() {
      limit.tryAcquire(root);
      assertThatThrownBy(() -> limit.tryAcquire(Context.background(VirtualTime.manual())))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("as in earlier calls of mail");
    }
  }

  @Nested
  class Waiting {

    @ParameterizedTest
    @EnumSource
    void goes_in_the_order_of_arrival(CallMode mode) throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            for (int i = 0; i < 4; i++) {
              int number = i;
              time.start(
                  "caller",
                  () ->
                      mode.call(
                          Resilience.of(limit),
                          root,
                          c -> log.add(number + " at " + time.elapsed().toMillis())));
              root.sleep(ofMillis(1));
            }
            return null;
          });
      assertThat(log).containsExactly("0 at 100", "1 at 200", "2 at 300", "3 at 400");
    }

    @ParameterizedTest
    @EnumSource
    void that_would_pass_the_deadline_fails_at_once_and_takes_nothing(CallMode mode)
        throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            try (var ctx = root.withTimeout(ofMillis(100))) {
              assertThatThrownBy(() -> mode.call(Resilience.of(limit), ctx, c -> "never"))
                  .isInstanceOfSatisfying(
                      RateLimitExceededException.class,
                      e -> assertThat(e.retryAfter()).contains(ofMillis(100)));
            }
            assertThat(time.elapsed()).isZero();
            root.sleep(ofMillis(100));
            assertThat(limit.tryAcquire(root)).isTrue();
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void ends_with_the_callers_cancel_and_those_behind_move_up(CallMode mode) throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            var first = root.withCancel();
            var leaving =
                time.start(
                    "first",
                    () -> {
                      Throwable thrown =
                          catchThrowable(
                              () -> mode.call(Resilience.of(limit), first, c -> "never"));
                      assertThat(thrown).isInstanceOf(ContextCancelledException.class);
                      log.add("left at " + time.elapsed().toMillis());
                    });
            root.sleep(ofMillis(10));
            time.start(
                "second",
                () ->
                    mode.call(
                        Resilience.of(limit),
                        root,
                        c -> log.add("second at " + time.elapsed().toMillis())));
            root.sleep(ofMillis(10));
            first.cancel(CancelReason.USER);
            leaving.join();
            assertThat(ContextProbe.waiters(first)).isZero();
            return null;
          });
      assertThat(log).containsExactly("left at 20", "second at 100");
    }

    @ParameterizedTest
    @EnumSource
    void that_a_slower_rate_makes_hopeless_ends_at_once_in_a_rejection(CallMode mode)
        throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            try (var ctx = root.withTimeout(ofMillis(150))) {
              time.start(
                  "operator",
                  () -> {
                    root.sleep(ofMillis(10));
                    limit.changeRate(1, ofSeconds(1));
                  });
              assertThatThrownBy(() -> mode.call(Resilience.of(limit), ctx, c -> "never"))
                  .isInstanceOfSatisfying(
                      RateLimitExceededException.class,
                      e -> assertThat(e.retryAfter()).contains(ofMillis(900)));
              assertThat(time.elapsed()).isEqualTo(ofMillis(10));
            }
            return null;
          });
      assertThat(limit.snapshot().rejected()).isEqualTo(1);
    }

    @Test
    void that_a_slower_rate_stretches_beyond_the_longest_wait_ends_in_a_rejection()
        throws Exception {
      RateLimit impatient =
          RateLimit.builder("mail").rate(10, ofSeconds(1)).burst(1).maxWait(ofMillis(300)).build();
      run(
          () -> {
            impatient.acquire(root);
            time.start(
                "operator",
                () -> {
                  root.sleep(ofMillis(50));
                  impatient.changeRate(1, ofSeconds(1));
                });
            assertThatThrownBy(() -> impatient.acquire(root))
                .isInstanceOf(RateLimitExceededException.class);
            assertThat(time.elapsed()).isEqualTo(ofMillis(50));
            return null;
          });
    }

    @Test
    void that_a_deadline_ends_is_no_evidence_against_the_dependency() throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            try (var ctx = root.withTimeout(ofMillis(150))) {
              Throwable thrown = catchThrowable(() -> limit.acquire(ctx, 2));
              assertThat(Classifier.ofDefaults().judge(ctx, thrown)).isEqualTo(Verdict.REJECTED);
              root.sleep(ofMillis(150));
              assertThat(Classifier.ofDefaults().judge(ctx, thrown))
                  .isEqualTo(Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH);
            }
            return null;
          });
    }

    @Test
    void is_as_long_as_the_longest_wait_allows() throws Exception {
      RateLimit impatient =
          RateLimit.builder("mail").rate(10, ofSeconds(1)).burst(1).maxWait(ofMillis(100)).build();
      run(
          () -> {
            impatient.acquire(root);
            impatient.acquire(root);
            assertThat(time.elapsed()).isEqualTo(ofMillis(100));
            time.start("in line", () -> impatient.acquire(root));
            root.sleep(Duration.ZERO);
            time.pause();
            root.sleep(ofMillis(1));
            assertThatThrownBy(() -> impatient.acquire(root))
                .isInstanceOf(RateLimitExceededException.class)
                .hasMessage("mail: no token in time");
            return null;
          });
    }
  }

  @Nested
  class Reservations {

    @Test
    void give_all_tokens_back_before_their_moment() throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            Reservation two = limit.reserve(root, 2);
            Reservation one = limit.reserve(root, 1);
            assertThat(two.delay()).isEqualTo(ofMillis(200));
            assertThat(one.delay()).isEqualTo(ofMillis(300));
            assertThat(two.cancel()).isTrue();
            assertThat(one.delay()).as("moved up").isEqualTo(ofMillis(100));
            assertThat(two.cancel()).isFalse();
            return null;
          });
    }

    @Test
    void give_back_after_their_moment_what_would_still_be_there() throws Exception {
      run(
          () -> {
            Reservation reservation = limit.reserve(root, 2);
            assertThat(reservation.delay()).isZero();
            root.sleep(ofMillis(100)); // one of the two has grown again
            reservation.close();
            assertThat(limit.snapshot().available()).isEqualTo(2);
            return null;
          });
    }

    @Test
    void give_nothing_back_that_would_have_overflowed() throws Exception {
      run(
          () -> {
            Reservation reservation = limit.reserve(root, 2);
            root.sleep(ofSeconds(1)); // full again
            assertThat(limit.tryAcquire(root, 2)).isTrue();
            reservation.close();
            assertThat(limit.tryAcquire(root)).as("two plus two at once").isFalse();
            return null;
          });
    }

    @Test
    void used_once_are_not_given_back() throws Exception {
      run(
          () -> {
            try (Reservation reservation = limit.reserve(root, 2)) {
              reservation.await(root);
              assertThatThrownBy(() -> reservation.await(root))
                  .isInstanceOf(IllegalStateException.class);
            }
            assertThat(limit.snapshot().available()).isZero();
            return null;
          });
    }
  }

  @Nested
  class Changes {

    @Test
    void of_the_rate_shorten_the_waits_of_those_in_line() throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            time.start(
                "waits",
                () -> {
                  limit.acquire(root, 2);
                  log.add("at " + time.elapsed().toMillis());
                });
            root.sleep(ofMillis(100)); // one token
            limit.changeRate(100, ofSeconds(1));
            return null;
          });
      assertThat(log).containsExactly("at 110");
    }

    @Test
    void of_the_burst_stick_nobody_who_waits_for_more() throws Exception {
      run(
          () -> {
            limit.tryAcquire(root, 2);
            time.start(
                "waits",
                () -> {
                  limit.acquire(root, 2);
                  log.add("at " + time.elapsed().toMillis());
                });
            root.sleep(ofMillis(50));
            limit.changeBurst(1);
            return null;
          });
      assertThat(log).containsExactly("at 100");
      assertThat(limit.snapshot().burst()).isEqualTo(1);
    }

    @Test
    void before_the_first_use_keep_the_bucket_full() {
      limit.changeRate(1, ofSeconds(1));
      assertThat(limit.snapshot().available()).isEqualTo(2);
      limit.changeBurst(5);
      assertThat(limit.snapshot().available()).isEqualTo(5);
    }
  }

  @Nested
  class The_queue {

    private final VirtualTime.Manual hand = VirtualTime.manual();
    private final RefusingTime refusing = new RefusingTime(hand);
    private final Context top = Context.background(refusing);

    private CompletableFuture<String> call(Context ctx) {
      return Resilience.of(limit)
          .callAsync(ctx, c -> CompletableFuture.completedFuture("answer"))
          .toCompletableFuture();
    }

    @Test
    void lets_the_more_critical_go_first_and_refuses_whom_that_makes_hopeless() {
      limit.tryAcquire(top, 2);
      var prefetch = call(Criticality.SHEDDABLE.in(top.withTimeout(ofMillis(150))));
      assertThat(prefetch).isNotDone();
      var page = call(top);
      assertThatThrownBy(prefetch::join).hasCauseInstanceOf(RateLimitExceededException.class);
      hand.advance(ofMillis(100));
      assertThat(page).isCompleted();
    }

    @Test
    void lets_tenants_take_turns() {
      Key<String> tenant = Key.of("tenant", String.class);
      RateLimit fair =
          RateLimit.builder("mail").rate(10, ofSeconds(1)).burst(1).fairBetween(tenant).build();
      fair.tryAcquire(top);
      for (String who : List.of("greedy", "greedy", "greedy", "modest")) {
        Resilience.of(fair)
            .callAsync(
                top.withValue(tenant, who),
                c -> {
                  log.add(who + " at " + hand.elapsed().toMillis());
                  return CompletableFuture.completedFuture(null);
                });
      }
      hand.advance(ofSeconds(1));
      assertThat(log)
          .containsExactly("greedy at 100", "modest at 200", "greedy at 300", "greedy at 400");
    }

    @Test
    void ends_the_calls_whose_turn_an_executor_does_not_take_and_keeps_their_tokens() {
      limit.tryAcquire(top, 2);
      var first = call(top);
      refusing.isFull = true;
      hand.advance(ofMillis(100));
      assertThatThrownBy(first::join).hasCauseInstanceOf(RejectedExecutionException.class);
      refusing.isFull = false;
      assertThat(limit.tryAcquire(top)).as("the token came back").isTrue();
      assertThat(limit.snapshot().waiting()).isZero();
      assertThat(hand.pendingTimers()).isZero();
    }

    @Test
    void lets_sixteen_thousand_in_at_once() {
      RateLimit large =
          RateLimit.builder("mail").rate(1, Duration.ofDays(1)).burst(100_000).build();
      Reservation all = large.reserve(top, 100_000);
      List<Reservation> waiting = new ArrayList<>();
      for (int i = 0; i < 16_000; i++) {
        waiting.add(large.reserve(top, 1));
      }
      assertThat(all.cancel()).isTrue();
      assertThat(waiting).allSatisfy(one -> assertThat(one.delay()).isZero());
      assertThat(large.snapshot().waiting()).isZero();
    }

    @Test
    void ends_with_a_policy_that_throws() {
      limit.tryAcquire(top, 2);
      var waits =
          Resilience.of(limit)
              .callAsync(
                  top,
                  c -> {
                    throw new AssertionError("broken");
                  });
      hand.advance(ofMillis(100));
      assertThat(waits.toCompletableFuture()).isCompletedExceptionally();
    }
  }

  @Test
  void the_longest_durations_are_as_good_as_for_ever() throws Exception {
    for (Duration huge : List.of(ofSeconds(Long.MAX_VALUE), Duration.ofDays(365_000))) {
      RateLimit slow = RateLimit.builder("mail").rate(1, huge).maxWait(huge).build();
      run(
          () -> {
            slow.acquire(root);
            try (var ctx = root.withTimeout(ofMillis(100))) {
              assertThatThrownBy(() -> slow.acquire(ctx))
                  .isInstanceOfSatisfying(
                      RateLimitExceededException.class,
                      e -> assertThat(e.retryAfter().orElseThrow()).isPositive());
            }
            return null;
          });
    }
  }

  @Test
  void counts() throws Exception {
    run(
        () -> {
          limit.tryAcquire(root, 2);
          limit.tryAcquire(root);
          limit.acquire(root);
          limit.reserve(root, 1).cancel();
          return null;
        });
    RateLimitSnapshot now = limit.snapshot();
    assertThat(now.given()).isEqualTo(3);
    assertThat(now.rejected()).isEqualTo(1);
    assertThat(now.waited()).isEqualTo(2);
    assertThat(now.tokensPerSecond()).isEqualTo(10);
  }

  @Test
  void refuses_bad_settings() {
    assertThatThrownBy(() -> RateLimit.of(0, ofSeconds(1)))
        .hasMessage("tokens: 0 (expected: >= 1)");
    assertThatThrownBy(() -> RateLimit.of(1, Duration.ZERO)).hasMessage("per: 0 s (expected: > 0)");
    assertThatThrownBy(() -> RateLimit.builder("x").burst(0))
        .hasMessage("burst: 0 (expected: >= 1)");
    assertThatThrownBy(() -> RateLimit.builder("x").maxWait(ofMillis(-1)))
        .hasMessage("maxWait: -1 ms (expected: >= 0)");
  }
}
