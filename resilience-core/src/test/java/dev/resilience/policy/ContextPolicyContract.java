package dev.resilience.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.ConcurrencyLimitExceededException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.policy.Way.Bench;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every policy must hold. Inherit it, and give a policy that lets a call through; it may try
 * again after a failure (in real time at once, or the tests take as long), but passes the last
 * failure on, and it has no limit below ten seconds.
 */
public abstract class ContextPolicyContract {

  /** A fresh policy. */
  protected abstract ContextPolicy policy();

  private Resilience stack() {
    return Resilience.of(policy());
  }

  @ParameterizedTest
  @EnumSource
  void a_result_passes_through(Way way) throws Exception {
    way.play(
        bench -> {
          assertThat(bench.<String>call(stack(), bench.caller, c -> "result")).isEqualTo("result");
          assertThat(bench.<String>call(stack(), bench.caller, c -> null)).isNull();
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_checked_exception_comes_out_as_it_was_thrown(Way way) throws Exception {
    way.play(
        bench -> {
          IOException failure = new IOException("refused");
          assertThatThrownBy(
                  () ->
                      bench.call(
                          stack(),
                          bench.caller,
                          c -> {
                            throw failure;
                          }))
              .isSameAs(failure);
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource
  void an_error_comes_out_as_it_was_thrown_and_is_not_tried_again(Way way) throws Exception {
    way.play(
        bench -> {
          Error failure = new StackOverflowError();
          AtomicInteger attempts = new AtomicInteger();
          assertThatThrownBy(
                  () ->
                      bench.call(
                          stack(),
                          bench.caller,
                          c -> {
                            attempts.incrementAndGet();
                            throw failure;
                          }))
              .isSameAs(failure);
          assertThat(attempts).hasValue(1);
          assertNothingIsLeft(bench);
        });
  }

  /** The rows of the truth table in which nobody has ended: what came out is what goes on. */
  private enum Thrown {
    CANCELLATION_THAT_THE_CALLER_DID_NOT_CAUSE(new CancellationException("pool closed")),
    LIMIT_PASSED_INSIDE(new AttemptTimeoutException("inner", Duration.ofMillis(1))),
    REJECTED_INSIDE(new ConcurrencyLimitExceededException("inner")),
    NO_TIME_LEFT_INSIDE(new NoTimeLeftException("inner"));

    final RuntimeException failure;

    Thrown(RuntimeException failure) {
      this.failure = failure;
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_comes_out_of_the_inside_under_a_caller_who_waits_goes_on(Way way) throws Exception {
    for (Thrown thrown : Thrown.values()) {
      way.play(
          bench -> {
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack(),
                            bench.caller,
                            c -> {
                              throw thrown.failure;
                            }))
                .isSameAs(thrown.failure);
            assertThat(bench.caller.isDone()).isFalse();
            assertNothingIsLeft(bench);
          });
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_deadline_that_has_passed_reaches_no_work(Way way) throws Exception {
    way.play(
        bench -> {
          AtomicBoolean reached = new AtomicBoolean();
          try (CancellableContext late = bench.caller.withTimeout(Duration.ZERO)) {
            assertThatThrownBy(
                    () ->
                        bench.call(
                            stack(),
                            late,
                            c -> {
                              reached.set(true);
                              return "result";
                            }))
                .isInstanceOf(DeadlineExceededException.class);
          }
          assertThat(reached).isFalse();
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource
  void an_ended_caller_does_not_reach_the_work(Way way) throws Exception {
    way.play(
        bench -> {
          bench.caller.cancel();
          AtomicBoolean reached = new AtomicBoolean();
          assertThatThrownBy(
                  () ->
                      bench.call(
                          stack(),
                          bench.caller,
                          c -> {
                            reached.set(true);
                            return "result";
                          }))
              .isInstanceOf(ContextCancelledException.class);
          assertThat(reached).isFalse();
        });
  }

  @ParameterizedTest
  @EnumSource
  void the_work_sees_the_callers_values(Way way) throws Exception {
    way.play(
        bench -> {
          Context named = bench.caller.withName("order 7");
          assertThat(bench.call(stack(), named, Context::name)).isEqualTo("order 7");
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_cancel_ends_a_call_that_would_go_on_for_ever(Way way) throws Exception {
    way.play(
        bench -> {
          bench.cancelMeanwhile();
          Throwable thrown = catchThrowable(() -> bench.callForEver(stack(), bench.caller));
          assertThat(thrown).isInstanceOf(ContextCancelledException.class);
          if (bench.isVirtualTime()) {
            assertThat(bench.elapsed()).isEqualTo(Duration.ofSeconds(1));
          }
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_cancel_ends_whatever_is_done_about_failures(Way way) throws Exception {
    way.play(
        bench -> {
          bench.cancelMeanwhile();
          Throwable thrown =
              catchThrowable(
                  () ->
                      bench.call(
                          stack(),
                          bench.caller,
                          c -> {
                            throw new IOException("refused");
                          }));
          assertThat(thrown).isInstanceOfAny(IOException.class, ContextException.class);
          if (bench.isVirtualTime()) {
            assertThat(bench.elapsed()).isLessThanOrEqualTo(Duration.ofSeconds(1));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
  void the_callers_deadline_ends_a_call_that_would_go_on_for_ever(Way way) throws Exception {
    way.play(
        bench -> {
          try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofSeconds(1))) {
            Throwable thrown = catchThrowable(() -> bench.callForEver(stack(), ctx));
            assertThat(thrown).isInstanceOf(DeadlineExceededException.class);
            assertThat(bench.elapsed()).isEqualTo(Duration.ofSeconds(1));
          }
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
  void an_interrupt_from_outside_ends_the_call_and_is_kept(Way way) throws Exception {
    way.play(
        bench -> {
          Thread worker = Thread.currentThread();
          bench.meanwhile(worker::interrupt);
          assertThatThrownBy(() -> bench.callForEver(stack(), bench.caller))
              .isInstanceOf(CallInterruptedException.class);
          assertThat(Thread.interrupted()).isTrue();
          assertNothingIsLeft(bench);
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
  void the_interrupt_flag_is_clear_after_a_cancel(Way way) throws Exception {
    way.play(
        bench -> {
          bench.cancelMeanwhile();
          catchThrowable(() -> bench.callForEver(stack(), bench.caller));
          assertThat(Thread.currentThread().isInterrupted()).isFalse();
        });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ASYNC")
  void a_flag_that_was_set_before_stays_set(Way way) throws Exception {
    way.play(
        bench -> {
          Thread.currentThread().interrupt();
          catchThrowable(() -> stack().call(bench.caller, c -> "result"));
          assertThat(Thread.interrupted()).isTrue();
          assertNothingIsLeft(bench);
        });
  }

  @Test
  void a_synchronous_throw_of_asynchronous_work_is_a_failed_stage() throws Exception {
    Way.ASYNC.play(
        bench -> {
          IOException failure = new IOException("refused");
          CompletionStage<String> stage =
              stack()
                  .callAsync(
                      bench.caller,
                      c -> {
                        throw failure;
                      });
          assertThatThrownBy(() -> bench.await(stage)).isSameAs(failure);
          assertNothingIsLeft(bench);
        });
  }

  @Test
  void a_null_stage_is_a_failed_stage() throws Exception {
    Way.ASYNC.play(
        bench -> {
          CompletionStage<String> stage = stack().callAsync(bench.caller, c -> null);
          assertThatThrownBy(() -> bench.await(stage))
              .isInstanceOf(NullPointerException.class)
              .hasMessageContaining("expected: a CompletionStage");
          assertNothingIsLeft(bench);
        });
  }

  @Test
  void a_wrapped_failure_of_a_stage_comes_out_raw() throws Exception {
    Way.ASYNC.play(
        bench -> {
          IOException failure = new IOException("refused");
          CompletionStage<String> stage =
              stack()
                  .callAsync(
                      bench.caller,
                      c -> CompletableFuture.<String>failedFuture(failure).thenApply(s -> s));
          assertThatThrownBy(() -> bench.await(stage)).isSameAs(failure);
        });
  }

  @Test
  void a_stage_that_completes_later_passes_through() throws Exception {
    Way.ASYNC.play(
        bench -> {
          CompletionStage<String> stage =
              stack()
                  .callAsync(
                      bench.caller, c -> c.delay(Duration.ofSeconds(1)).thenApply(n -> "result"));
          assertThat(bench.<String>await(stage)).isEqualTo("result");
          assertThat(bench.elapsed()).isEqualTo(Duration.ofSeconds(1));
          assertNothingIsLeft(bench);
        });
  }

  @Test
  void to_cancel_the_future_reaches_the_work_and_leaves_nothing() throws Exception {
    Way.ASYNC.play(
        bench -> {
          AtomicReference<Context> given = new AtomicReference<>();
          CompletionStage<String> stage =
              stack()
                  .callAsync(
                      bench.caller,
                      c -> {
                        given.set(c);
                        return new CompletableFuture<>();
                      });
          assertThat(given.get().isDone()).isFalse();
          stage.toCompletableFuture().cancel(true);
          assertThat(given.get().error()).isInstanceOf(ContextCancelledException.class);
          assertThat(bench.caller.isDone()).isFalse();
          assertNothingIsLeft(bench);
        });
  }

  /** A stage that others wait for, too, such as that of a load that many share. */
  @Test
  void a_stage_that_lives_on_lets_go_of_a_caller_who_has_left() throws Exception {
    Way.ASYNC.play(
        bench -> {
          Resilience stack = stack();
          CompletableFuture<String> shared = new CompletableFuture<>();
          WeakReference<Context> left = leave(bench, stack, shared);
          for (int i = 0; i < 50 && left.get() != null; i++) {
            System.gc();
          }
          assertThat(left.get()).as("still reachable").isNull();
          assertThat(shared.complete("late")).isTrue();
          assertThat(stack.describe()).isNotEmpty(); // and the policy lives as well
        });
  }

  private static WeakReference<Context> leave(
      Bench bench, Resilience stack, CompletableFuture<String> shared) {
    CancellableContext request = bench.root.withTimeout(Duration.ofSeconds(1));
    CompletionStage<String> stage = stack.callAsync(request, c -> shared);
    request.cancel();
    assertThatThrownBy(() -> bench.await(stage)).isInstanceOf(ContextCancelledException.class);
    return new WeakReference<>(request);
  }

  /** No listener and no timer of ours outlives a call. */
  protected static void assertNothingIsLeft(Bench bench) {
    assertThat(ContextProbe.waiters(bench.caller)).as("listeners of the caller").isZero();
    assertThat(bench.pendingTimers()).as("pending timers").isZero();
  }
}
