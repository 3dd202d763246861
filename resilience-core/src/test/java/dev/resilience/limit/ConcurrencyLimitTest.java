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
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
        2_000,
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

  @Test
  void refuses_bad_settings() {
    assertThatThrownBy(() -> ConcurrencyLimit.of(0)).hasMessage("permits: 0 (expected: >= 1)");
    assertThatThrownBy(() -> ConcurrencyLimit.builder("x", 1).maxWaiting(-1))
        .hasMessage("maxWaiting: -1 (expected: >= 0)");
    assertThatThrownBy(() -> ConcurrencyLimit.builder("x", 1).maxWait(ofMillis(0)))
        .hasMessage("maxWait: PT0S (expected: > 0)");
  }
}
