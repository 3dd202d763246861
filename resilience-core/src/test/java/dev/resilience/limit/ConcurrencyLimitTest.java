package dev.resilience.limit;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.Criticality;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.time.RefusingTime;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConcurrencyLimitTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(7);
  private final Context root = Context.background(time);
  private final List<String> log = new ArrayList<>();

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
  }

  @ParameterizedTest
  @EnumSource
  void a_full_limit_without_a_line_rejects_at_once(CallMode mode) throws Exception {
    ConcurrencyLimit limit = ConcurrencyLimit.of(1);
    run(
        () -> {
          try (Permit permit = limit.acquire(root)) {
            assertThatThrownBy(() -> mode.call(Resilience.of(limit), root, c -> "never"))
                .isInstanceOf(ConcurrencyLimitExceededException.class)
                .hasMessage("concurrency limit: 1 calls under way");
          }
          assertThat(mode.<String>call(Resilience.of(limit), root, c -> "answer"))
              .isEqualTo("answer");
          return null;
        });
    assertThat(limit.snapshot())
        .hasToString("concurrency limit: limit 1, in use 0, waiting 0, waited 0, rejected 1");
  }

  @ParameterizedTest
  @EnumSource
  void those_in_line_go_in_the_order_of_arrival(CallMode mode) throws Exception {
    ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(3).build();
    run(
        () -> {
          Permit permit = limit.acquire(root);
          for (int i = 0; i < 3; i++) {
            int number = i;
            time.start(
                "caller",
                () -> mode.call(Resilience.of(limit), root, c -> log.add("call " + number)));
            root.sleep(ofMillis(1));
          }
          assertThat(limit.snapshot().waiting()).isEqualTo(3);
          assertThat(limit.tryAcquire()).isEmpty();
          assertThatThrownBy(() -> limit.acquire(root))
              .hasMessage("reports: 1 calls under way, 3 waiting");
          permit.close();
          return null;
        });
    assertThat(log).containsExactly("call 0", "call 1", "call 2");
    assertThat(limit.snapshot().inUse()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void a_wait_ends_with_the_caller_and_takes_no_permit(CallMode mode) throws Exception {
    ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(3).build();
    run(
        () -> {
          Permit permit = limit.acquire(root);
          var caller = root.withCancel();
          time.start(
              "leaves",
              () -> {
                root.sleep(ofMillis(30));
                caller.cancel(CancelReason.USER);
              });
          Throwable thrown =
              catchThrowable(() -> mode.call(Resilience.of(limit), caller, c -> "never"));
          assertThat(thrown).isInstanceOf(ContextCancelledException.class);
          assertThat(time.elapsed()).isEqualTo(ofMillis(30));
          assertThat(ContextProbe.waiters(caller)).isZero();
          assertThat(limit.snapshot().waiting()).isZero();
          permit.close();
          permit.close();
          return null;
        });
    assertThat(limit.snapshot().inUse()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void a_deadline_that_passes_in_line_is_no_evidence(CallMode mode) throws Exception {
    ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(3).build();
    run(
        () -> {
          try (Permit permit = limit.acquire(root);
              var caller = root.withTimeout(ofMillis(50))) {
            Throwable thrown =
                catchThrowable(() -> mode.call(Resilience.of(limit), caller, c -> "never"));
            assertThat(Classifier.ofDefaults().judge(caller, thrown))
                .isIn(Verdict.DEADLINE_EXCEEDED_BEFORE_DISPATCH);
          }
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void the_longest_wait_ends_in_a_rejection(CallMode mode) throws Exception {
    ConcurrencyLimit limit =
        ConcurrencyLimit.builder("reports", 1).maxWaiting(1).maxWait(ofMillis(40)).build();
    run(
        () -> {
          try (Permit permit = limit.acquire(root);
              var caller = root.withTimeout(ofSeconds(1))) {
            assertThatThrownBy(() -> mode.call(Resilience.of(limit), caller, c -> "never"))
                .isInstanceOf(ConcurrencyLimitExceededException.class)
                .hasMessage("reports: no permit in time");
            assertThat(time.elapsed()).isEqualTo(ofMillis(40));
            assertThat(ContextProbe.waiters(caller)).isZero();
          }
          assertThat(mode.<String>call(Resilience.of(limit), root, c -> "answer"))
              .isEqualTo("answer");
          return null;
        });
  }

  @Test
  void an_asynchronous_call_keeps_its_permit_until_its_stage_completes() throws Exception {
    ConcurrencyLimit limit = ConcurrencyLimit.of(1);
    CompletableFuture<String> work = new CompletableFuture<>();
    run(
        () -> {
          var stage = Resilience.of(limit).callAsync(root, c -> work);
          assertThat(limit.snapshot().inUse()).isEqualTo(1);
          stage.thenRun(() -> log.add("under way " + limit.snapshot().inUse()));
          work.complete("answer");
          return null;
        });
    assertThat(log).containsExactly("under way 0");
  }

  @Test
  void every_permit_comes_back_once_whatever_the_callers_do() {
    Schedules.check(
        700,
        (seed, random) -> {
          VirtualTime.Automatic clock = VirtualTime.automatic(seed);
          Context background = Context.background(clock);
          int permits = 1 + random.nextInt(3);
          var builder = ConcurrencyLimit.builder("limit", permits).maxWaiting(random.nextInt(4));
          ConcurrencyLimit limit =
              random.nextBoolean() ? builder.build() : builder.maxWait(ofMillis(20)).build();
          int[] inside = {0};
          clock.run(
              () -> {
                for (int i = 0; i < 8; i++) {
                  clock.start(
                      "caller",
                      () -> {
                        background.sleep(ofMillis(random.nextInt(60)));
                        try (var ctx = background.withTimeout(ofMillis(1 + random.nextInt(80)))) {
                          if (random.nextInt(3) == 0) {
                            clock.start(
                                "leaves",
                                () -> {
                                  background.sleep(ofMillis(random.nextInt(60)));
                                  ctx.cancel();
                                });
                          }
                          if (random.nextBoolean()) {
                            Resilience.of(limit)
                                .run(
                                    ctx,
                                    c -> {
                                      assertThat(++inside[0]).isLessThanOrEqualTo(permits);
                                      try {
                                        c.sleep(ofMillis(random.nextInt(50)));
                                      } finally {
                                        inside[0]--;
                                      }
                                    });
                          } else {
                            ctx.await(
                                Resilience.of(limit)
                                    .callAsync(ctx, c -> c.delay(ofMillis(random.nextInt(50)))));
                          }
                        } catch (ConcurrencyLimitExceededException
                            | ContextException
                            | ExecutionException e) {
                          // As good as any.
                        }
                      });
                }
                return null;
              });
          assertThat(limit.snapshot().inUse()).as("permits under way").isZero();
          assertThat(limit.snapshot().waiting()).as("in line").isZero();
          assertThat(clock.pendingTimers()).as("timers").isZero();
          for (int i = 0; i < permits; i++) {
            assertThat(limit.tryAcquire()).isPresent();
          }
          assertThat(limit.tryAcquire()).isEmpty();
        });
  }

  @Nested
  class The_queue {

    private final VirtualTime.Manual hand = VirtualTime.manual();
    private final Context top = Context.background(hand);
    private final List<String> outcomes = new ArrayList<>();

    /** Makes a call that takes a while, and notes what becomes of it. */
    private void call(ConcurrencyLimit limit, String name, Context ctx, int millis) {
      Resilience.of(limit)
          .callAsync(ctx, c -> c.delay(ofMillis(millis)))
          .whenComplete(
              (nothing, failure) ->
                  outcomes.add(
                      name
                          + " "
                          + (failure == null ? "done" : failure.getClass().getSimpleName())
                          + " at "
                          + hand.elapsed().toMillis()));
    }

    @Test
    void refuses_at_once_who_could_not_be_done_in_time() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(10).build();
      for (int i = 0; i < 8; i++) {
        call(limit, "usual", top, 50);
        hand.advance(ofMillis(50));
      }
      outcomes.clear();
      call(limit, "first", top, 50);
      call(limit, "next", top.withTimeout(ofMillis(60)), 50);
      call(limit, "hurried", top.withTimeout(ofMillis(50)), 50);
      assertThat(outcomes)
          .as("done in 50 ms, where it could not even wait")
          .containsExactly("hurried ConcurrencyLimitExceededException at 400");
    }

    @Test
    void refuses_who_waits_once_the_time_left_is_less_than_a_call_takes() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(10).build();
      for (int i = 0; i < 8; i++) {
        call(limit, "usual", top, 50);
        hand.advance(ofMillis(50));
      }
      outcomes.clear();
      call(limit, "slow", top, 200);
      call(limit, "waits", top.withTimeout(ofMillis(130)), 50);
      hand.advance(ofMillis(79));
      assertThat(outcomes).isEmpty();
      hand.advance(ofMillis(1));
      assertThat(outcomes).containsExactly("waits ConcurrencyLimitExceededException at 480");
    }

    @Test
    void judges_again_when_calls_have_become_slower() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(10).build();
      for (int i = 0; i < 8; i++) {
        call(limit, "usual", top, 10);
        hand.advance(ofMillis(10));
      }
      outcomes.clear();
      Context later = Criticality.SHEDDABLE.in(top);
      for (int i = 0; i < 6; i++) {
        call(limit, "slow", top, 300);
      }
      call(limit, "hopeful", later.withTimeout(ofSeconds(30)), 300);
      call(limit, "hurried", later.withTimeout(ofMillis(1_950)), 300);
      hand.advance(ofMillis(1_800));
      assertThat(outcomes)
          .as("five slow ones say that the sixth and it cannot both be done by 2,030")
          .contains("hurried ConcurrencyLimitExceededException at 1580");
      hand.advance(ofSeconds(1));
      assertThat(outcomes).contains("hopeful done at 2180");
    }

    @Test
    void lets_the_more_critical_go_first_and_refuses_the_least_critical() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(2).build();
      call(limit, "first", top, 10);
      call(limit, "prefetch", Criticality.SHEDDABLE.in(top), 10);
      call(limit, "page", top, 10);
      assertThat(outcomes).isEmpty();
      call(limit, "payment", Criticality.CRITICAL_PLUS.in(top), 10);
      assertThat(outcomes).containsExactly("prefetch ConcurrencyLimitExceededException at 0");
      call(limit, "batch", Criticality.SHEDDABLE_PLUS.in(top), 10);
      hand.advance(ofMillis(30));
      assertThat(outcomes)
          .containsExactly(
              "prefetch ConcurrencyLimitExceededException at 0",
              "batch ConcurrencyLimitExceededException at 0",
              "first done at 10",
              "payment done at 20",
              "page done at 30");
    }

    @Test
    void serves_the_newest_while_it_stands() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(9).build();
      call(limit, "first", top, 20);
      call(limit, "old", top, 1);
      hand.advance(ofMillis(15));
      call(limit, "new", top, 1);
      hand.advance(ofMillis(10));
      assertThat(outcomes).containsExactly("first done at 20", "new done at 21", "old done at 22");
    }

    @Test
    void tells_for_whom_a_call_is_refused_or_had_to_wait() {
      List<String> told = new ArrayList<>();
      ConcurrencyLimit limit =
          ConcurrencyLimit.builder("reports", 1)
              .maxWaiting(1)
              .listener(
                  PolicyListener.withContext(
                      (ctx, event) ->
                          told.add(ctx.name() + ": " + event.getClass().getSimpleName())))
              .build();
      call(limit, "first", top.withName("first"), 10);
      call(limit, "prefetch", Criticality.SHEDDABLE.in(top.withName("prefetch")), 10);
      call(limit, "page", top.withName("page"), 10);
      call(limit, "too many", top.withName("too many"), 10);
      hand.advance(ofMillis(20));
      assertThat(told).containsExactly("prefetch: Rejected", "too many: Rejected", "page: Waited");
    }

    @Test
    void bounds_by_time_alone_where_asked() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWait(ofMillis(40)).build();
      call(limit, "first", top, 100);
      for (int i = 0; i < 500; i++) {
        call(limit, "waits", top, 1);
      }
      assertThat(limit.snapshot().waiting()).isEqualTo(500);
      hand.advance(ofMillis(40));
      assertThat(outcomes)
          .hasSize(500)
          .containsOnly("waits ConcurrencyLimitExceededException at 40");
      assertThat(limit.snapshot().waiting()).isZero();
      assertThat(limit.snapshot().rejected()).isEqualTo(500);
      hand.advance(ofMillis(60));
      assertThat(hand.pendingTimers()).isZero();
    }
  }

  /** What is lent comes back whatever the executor, a policy or a rule does. */
  @Nested
  class Whatever_is_thrown {

    private final VirtualTime.Manual hand = VirtualTime.manual();
    private final RefusingTime refusing = new RefusingTime(hand);
    private final Context top = Context.background(refusing);

    @Test
    void an_executor_that_takes_nothing_ends_the_calls_and_loses_no_permit() {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(5_000).build();
      Permit permit = limit.tryAcquire().orElseThrow();
      List<CompletableFuture<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        calls.add(
            Resilience.of(limit)
                .callAsync(top, c -> CompletableFuture.<Void>completedFuture(null))
                .toCompletableFuture());
      }
      refusing.isFull = true;
      permit.close();
      assertThat(calls)
          .allSatisfy(
              call ->
                  assertThatThrownBy(call::join)
                      .hasCauseInstanceOf(RejectedExecutionException.class));
      refusing.isFull = false;
      assertThat(limit.snapshot().inUse()).isZero();
      assertThat(limit.snapshot().waiting()).isZero();
      assertThat(limit.tryAcquire()).isPresent();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_policy_that_throws_or_returns_nothing_ends_the_call_and_loses_no_permit(
        boolean throwing) {
      ConcurrencyLimit limit = ConcurrencyLimit.builder("reports", 1).maxWaiting(10).build();
      Resilience stack = Resilience.of(limit, new Broken(throwing));
      Permit permit = limit.tryAcquire().orElseThrow();
      var waiting = stack.callAsync(top, c -> CompletableFuture.completedFuture("never"));
      permit.close();
      assertThat(waiting.toCompletableFuture()).isCompletedExceptionally();
      var atOnce = stack.callAsync(top, c -> CompletableFuture.completedFuture("never"));
      assertThat(atOnce.toCompletableFuture()).isCompletedExceptionally();
      assertThat(limit.snapshot().inUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_that_throws_an_error_costs_nobody_a_permit(CallMode mode) throws Exception {
      ConcurrencyLimit limit =
          ConcurrencyLimit.adaptive("reports")
              .classifier(
                  Classifier.ofDefaults()
                      .onResult(
                          String.class,
                          s -> {
                            throw new AssertionError("a broken rule");
                          }))
              .build();
      assertThat(mode.<String>call(Resilience.of(limit), root, c -> "answer")).isEqualTo("answer");
      assertThat(limit.snapshot().inUse()).isZero();
    }

    @Test
    void a_listener_that_throws_an_error_costs_nobody_a_permit() {
      ConcurrencyLimit limit =
          ConcurrencyLimit.builder("reports", 1)
              .maxWaiting(1)
              .listener(
                  event -> {
                    throw new AssertionError("a broken listener");
                  })
              .build();
      Permit permit = limit.tryAcquire().orElseThrow();
      var waits = Resilience.of(limit).callAsync(top, c -> c.delay(ofMillis(1)));
      var rejected = Resilience.of(limit).callAsync(top, c -> c.delay(ofMillis(1)));
      assertThatThrownBy(() -> rejected.toCompletableFuture().join())
          .hasCauseInstanceOf(ConcurrencyLimitExceededException.class);
      permit.close();
      hand.advance(ofMillis(1));
      assertThat(waits.toCompletableFuture()).isCompleted();
      assertThat(limit.snapshot().inUse()).isZero();
    }
  }

  @Test
  void the_longest_durations_are_as_good_as_for_ever() throws Exception {
    for (Duration huge : List.of(ofSeconds(Long.MAX_VALUE), Duration.ofDays(365_000))) {
      ConcurrencyLimit limit =
          ConcurrencyLimit.builder("reports", 1).maxWaiting(1).maxWait(huge).build();
      run(
          () -> {
            Permit permit = limit.acquire(root);
            try (var hurried = root.withTimeout(ofMillis(30))) {
              assertThatThrownBy(() -> limit.acquire(hurried))
                  .isInstanceOf(DeadlineExceededException.class);
            }
            permit.close();
            limit.acquire(root).close();
            return null;
          });
      assertThat(time.pendingTimers()).isZero();
    }
  }

  /** What policies of users' do. */
  private record Broken(boolean throwing) implements ContextPolicy {

    @Override
    public <T extends @Nullable Object, X extends Throwable> T call(
        Context ctx, Next next, Call<T, X> work) {
      throw new AssertionError("broken");
    }

    @Override
    @SuppressWarnings("NullAway")
    public <T extends @Nullable Object> CompletionStage<T> callAsync(
        Context ctx, Next next, AsyncCall<T> work) {
      if (throwing) {
        throw new AssertionError("broken");
      }
      return null;
    }
  }

  @Test
  void refuses_bad_settings() {
    assertThatThrownBy(() -> ConcurrencyLimit.of(0)).hasMessage("permits: 0 (expected: >= 1)");
    assertThatThrownBy(() -> ConcurrencyLimit.builder("x", 1).maxWaiting(-1))
        .hasMessage("maxWaiting: -1 (expected: >= 0)");
    assertThatThrownBy(() -> ConcurrencyLimit.builder("x", 1).maxWait(ofMillis(0)))
        .hasMessage("maxWait: 0 s (expected: > 0)");
  }
}
