package dev.resilience.timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.policy.Way;
import dev.resilience.policy.Way.Bench;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FixedTimeoutTest {

  private static final Duration LIMIT = Duration.ofMillis(50);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final List<PolicyEvent> events = new ArrayList<>();

  private FixedTimeout.Builder builder() {
    return FixedTimeout.builder("quotes", LIMIT).listener(events::add);
  }

  private FixedTimeout timeout(boolean isolated) {
    return isolated ? builder().isolated().build() : builder().build();
  }

  /** Work that knows no interrupt: it takes its time, and leaves the flag as a well-behaved one. */
  private static String stubborn(Bench bench, Duration time) {
    boolean interrupted = false;
    Duration end = bench.elapsed().plus(time);
    while (bench.elapsed().compareTo(end) < 0) {
      try {
        bench.root.sleep(end.minus(bench.elapsed()));
      } catch (InterruptedException ignored) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return "late";
  }

  @Nested
  class Whose_limit {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void its_own_under_a_caller_who_waits(Way way) throws Exception {
      way.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            AttemptTimeoutException thrown =
                catchThrowableOfType(
                    AttemptTimeoutException.class,
                    () -> bench.callForEver(Resilience.of(timeout), bench.caller));
            assertThat(thrown.limit()).isEqualTo(LIMIT);
            assertThat(thrown).hasMessage("quotes: no answer within 50 ms");
            assertThat(bench.elapsed()).isEqualTo(LIMIT);
            assertThat(bench.caller.isDone()).isFalse();
            assertThat(Classifier.ofDefaults().judge(bench.caller, thrown))
                .isEqualTo(Verdict.TIMED_OUT);
            assertThat(events).contains(new PolicyEvent.TimedOut("quotes", LIMIT));
            assertNothingIsLeft(bench);
          });
    }

    @Test
    void what_the_work_threw_is_suppressed() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            IOException own = new IOException("connection closed");
            Throwable thrown =
                catchThrowable(
                    () ->
                        Resilience.of(FixedTimeout.of(LIMIT))
                            .call(
                                bench.caller,
                                c -> {
                                  try {
                                    return bench.waitForEver(c);
                                  } catch (InterruptedException e) {
                                    throw own;
                                  }
                                }));
            assertThat(thrown)
                .isInstanceOf(AttemptTimeoutException.class)
                .hasSuppressedException(own);
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void the_callers_deadline_where_it_is_earlier(Way way) throws Exception {
      way.play(
          bench -> {
            try (CancellableContext ctx = bench.caller.withTimeout(Duration.ofMillis(30))) {
              bench.root.sleep(Duration.ofMillis(10));
              DeadlineExceededException thrown =
                  catchThrowableOfType(
                      DeadlineExceededException.class,
                      () -> bench.callForEver(Resilience.of(timeout(false)), ctx));
              assertThat(thrown.ran()).contains(Duration.ofMillis(20));
              assertThat(thrown.limit()).contains(LIMIT);
              assertThat(bench.elapsed()).isEqualTo(Duration.ofMillis(30));
              assertThat(Classifier.ofDefaults().judge(ctx, thrown))
                  .isEqualTo(Verdict.DEADLINE_EXCEEDED_EARLY);
            }
            assertNothingIsLeft(bench);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void the_callers_deadline_where_both_come_together(Way way) throws Exception {
      way.play(
          bench -> {
            try (CancellableContext ctx = bench.caller.withTimeout(LIMIT)) {
              DeadlineExceededException thrown =
                  catchThrowableOfType(
                      DeadlineExceededException.class,
                      () -> bench.callForEver(Resilience.of(timeout(false)), ctx));
              assertThat(thrown.ran()).contains(LIMIT);
              assertThat(Classifier.ofDefaults().judge(ctx, thrown))
                  .isEqualTo(Verdict.DEADLINE_EXCEEDED);
            }
          });
    }

    @ParameterizedTest
    @EnumSource
    void the_callers_cancel(Way way) throws Exception {
      way.play(
          bench -> {
            FixedTimeout minute = FixedTimeout.of(Duration.ofMinutes(1));
            bench.cancelMeanwhile();
            Throwable thrown =
                catchThrowable(() -> bench.callForEver(Resilience.of(minute), bench.caller));
            assertThat(thrown)
                .isInstanceOf(ContextCancelledException.class)
                .hasCause(CancelReason.USER);
          });
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "VIRTUAL_THREAD")
    void without_any_time_left_the_work_is_not_begun(Way way) throws Exception {
      way.play(
          bench -> {
            for (FixedTimeout timeout : List.of(timeout(false), timeout(true))) {
              Resilience stack = Resilience.of(new UsesUpTheTime(), timeout);
              DeadlineExceededException thrown =
                  catchThrowableOfType(
                      DeadlineExceededException.class,
                      () ->
                          bench.call(
                              stack,
                              bench.caller,
                              c -> {
                                throw new AssertionError("begun");
                              }));
              assertThat(thrown.ran()).contains(Duration.ZERO);
            }
          });
    }

    @Test
    void an_error_of_the_work_is_thrown_as_it_is() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            Error error = new StackOverflowError();
            assertThatThrownBy(
                    () ->
                        Resilience.of(timeout(false))
                            .call(
                                bench.caller,
                                c -> {
                                  stubborn(bench, SECOND);
                                  throw error;
                                }))
                .isSameAs(error);
          });
    }
  }

  /** One that is not ours, and does not know what to make of an interrupt. */
  private static final class PassesInterruptsOn implements ContextPolicy {

    @Override
    public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) {
      throw PassesInterruptsOn.<RuntimeException>raw(new InterruptedException());
    }

    @Override
    public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
      return next.callAsync(ctx, work);
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> X raw(Throwable thrown) throws X {
      throw (X) thrown;
    }
  }

  @Test
  void an_interrupt_from_outside_that_a_policy_inside_passes_on_is_kept() throws Exception {
    Way.PLATFORM_THREAD.play(
        bench -> {
          assertThatThrownBy(
                  () ->
                      Resilience.of(timeout(false), new PassesInterruptsOn())
                          .call(bench.caller, c -> "never"))
              .isInstanceOf(CallInterruptedException.class);
          assertThat(Thread.interrupted()).isTrue();
          assertNothingIsLeft(bench);
        });
  }

  @Test
  void says_what_it_is() {
    assertThat(timeout(false)).hasToString("quotes (50 ms)");
    assertThat(timeout(false).limit()).isEqualTo(LIMIT);
    assertThat(timeout(false).name()).isEqualTo("quotes");
  }

  @Nested
  class A_result_that_comes_late {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void is_still_a_success_after_the_callers_end(boolean deadline) throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            FixedTimeout minute = FixedTimeout.of(Duration.ofMinutes(1));
            try (CancellableContext ctx =
                deadline ? bench.caller.withTimeout(LIMIT) : bench.caller.withCancel()) {
              if (!deadline) {
                bench.meanwhile(ctx::cancel);
              }
              String result =
                  Resilience.of(minute).call(ctx, c -> stubborn(bench, Duration.ofSeconds(5)));
              assertThat(result).isEqualTo("late");
              assertThat(ctx.isDone()).isTrue();
              assertThat(Thread.interrupted()).isFalse();
            }
          });
    }

    @Test
    void after_the_limit_goes_to_the_listener_and_is_seen_while_it_overstays() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            AtomicReference<Integer> seen = new AtomicReference<>();
            bench.meanwhile(() -> seen.set(timeout.stillRunning()));
            assertThatThrownBy(
                    () ->
                        Resilience.of(timeout)
                            .call(bench.caller, c -> stubborn(bench, Duration.ofSeconds(5))))
                .isInstanceOf(AttemptTimeoutException.class);
            assertThat(seen).hasValue(1);
            assertThat(timeout.stillRunning()).isZero();
            assertThat(timeout.abandonedCount()).isZero();
            assertThat(events)
                .containsExactly(
                    new PolicyEvent.TimedOut("quotes", LIMIT),
                    new PolicyEvent.LateResult("quotes", Duration.ofSeconds(5), "late", null));
            assertThat(Thread.interrupted()).isFalse();
          });
    }

    @Test
    void that_is_not_late_is_returned_and_the_context_of_the_work_ends() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            AtomicReference<Context> given = new AtomicReference<>();
            String result =
                Resilience.of(timeout(false))
                    .call(
                        bench.caller,
                        c -> {
                          given.set(c);
                          c.sleep(LIMIT.minusMillis(1));
                          return "in time";
                        });
            assertThat(result).isEqualTo("in time");
            assertThat(given.get().cause()).isSameAs(CancelReason.CLOSED);
            assertThat(events).isEmpty();
            assertNothingIsLeft(bench);
          });
    }
  }

  @Nested
  class Asynchronous_work {

    @Test
    void that_ignores_its_context_is_abandoned_and_counted_until_it_ends() throws Exception {
      Way.ASYNC.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            CompletableFuture<String> theirs = new CompletableFuture<>();
            CompletionStage<String> ours =
                Resilience.of(timeout).callAsync(bench.caller, c -> theirs);
            assertThatThrownBy(() -> bench.await(ours)).isInstanceOf(AttemptTimeoutException.class);
            assertThat(bench.elapsed()).isEqualTo(LIMIT);
            assertThat(timeout.stillRunning()).isEqualTo(1);
            assertThat(timeout.abandonedCount()).isEqualTo(1);

            bench.root.sleep(SECOND);
            theirs.complete("late");
            assertThat(timeout.stillRunning()).isZero();
            assertThat(events)
                .containsExactly(
                    new PolicyEvent.WorkAbandoned("quotes", 1),
                    new PolicyEvent.TimedOut("quotes", LIMIT),
                    new PolicyEvent.LateResult("quotes", LIMIT.plus(SECOND), "late", null));
            assertNothingIsLeft(bench);
          });
    }

    @Test
    void that_hears_of_the_end_is_not_abandoned() throws Exception {
      Way.ASYNC.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            CompletionStage<String> ours =
                Resilience.of(timeout)
                    .callAsync(
                        bench.caller,
                        c -> {
                          CompletableFuture<String> theirs = new CompletableFuture<>();
                          c.onDone(() -> theirs.completeExceptionally(new IOException("aborted")));
                          return theirs;
                        });
            assertThatThrownBy(() -> bench.await(ours))
                .isInstanceOf(AttemptTimeoutException.class)
                .satisfies(
                    thrown ->
                        assertThat(thrown.getSuppressed())
                            .singleElement()
                            .isInstanceOf(IOException.class));
            assertThat(timeout.abandonedCount()).isZero();
            assertThat(events).containsExactly(new PolicyEvent.TimedOut("quotes", LIMIT));
          });
    }

    @Test
    void that_is_done_when_it_comes_back_too_late_is_told() throws Exception {
      Way.ASYNC.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            CompletionStage<String> ours =
                Resilience.of(timeout)
                    .callAsync(
                        bench.caller,
                        c -> {
                          c.onDone(() -> {});
                          return CompletableFuture.completedFuture(stubborn(bench, SECOND));
                        });
            assertThatThrownBy(() -> bench.await(ours)).isInstanceOf(AttemptTimeoutException.class);
            assertThat(timeout.abandonedCount()).isZero();
            assertThat(events)
                .containsExactly(
                    new PolicyEvent.TimedOut("quotes", LIMIT),
                    new PolicyEvent.LateResult("quotes", SECOND, "late", null));
          });
    }

    @Test
    void that_succeeds_in_time_is_not_abandoned() throws Exception {
      Way.ASYNC.play(
          bench -> {
            FixedTimeout timeout = timeout(false);
            CompletableFuture<String> theirs = new CompletableFuture<>();
            CompletionStage<String> ours =
                Resilience.of(timeout).callAsync(bench.caller, c -> theirs);
            theirs.complete("result");
            assertThat(bench.<String>await(ours)).isEqualTo("result");
            assertThat(timeout.abandonedCount()).isZero();
            assertThat(events).isEmpty();
            assertNothingIsLeft(bench);
          });
    }
  }

  @Nested
  class Isolated_work {

    @Test
    void lets_the_caller_go_on_time_and_is_counted_and_named_until_it_ends() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            FixedTimeout timeout = timeout(true);
            AtomicReference<Thread> worker = new AtomicReference<>();
            assertThatThrownBy(
                    () ->
                        Resilience.of(timeout)
                            .call(
                                bench.caller,
                                c -> {
                                  worker.set(Thread.currentThread());
                                  return stubborn(bench, Duration.ofSeconds(5));
                                }))
                .isInstanceOf(AttemptTimeoutException.class);
            assertThat(bench.elapsed()).isEqualTo(LIMIT);
            assertThat(worker.get())
                .isNotSameAs(Thread.currentThread())
                .satisfies(thread -> assertThat(thread.getName()).contains("quotes"));
            assertThat(timeout.stillRunning()).isEqualTo(1);
            assertThat(timeout.abandonedCount()).isEqualTo(1);

            bench.root.sleep(Duration.ofSeconds(10));
            assertThat(timeout.stillRunning()).isZero();
            assertThat(timeout.abandonedCount()).isEqualTo(1);
            assertThat(events)
                .containsExactly(
                    new PolicyEvent.WorkAbandoned("quotes", 1),
                    new PolicyEvent.TimedOut("quotes", LIMIT),
                    new PolicyEvent.LateResult("quotes", Duration.ofSeconds(5), "late", null));
            assertNothingIsLeft(bench);
          });
    }

    @Test
    void is_interrupted_at_the_limit() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            AtomicReference<Duration> interrupted = new AtomicReference<>();
            catchThrowable(
                () ->
                    Resilience.of(timeout(true))
                        .call(
                            bench.caller,
                            c -> {
                              try {
                                bench.root.sleep(SECOND);
                              } catch (InterruptedException e) {
                                interrupted.set(bench.elapsed());
                              }
                              return "late";
                            }));
            bench.root.sleep(SECOND);
            assertThat(interrupted).hasValue(LIMIT);
          });
    }

    @Test
    void stops_when_its_caller_is_interrupted_from_outside() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            AtomicReference<Context> given = new AtomicReference<>();
            Thread caller = Thread.currentThread();
            bench.meanwhile(caller::interrupt);
            FixedTimeout minute =
                FixedTimeout.builder("timeout", Duration.ofMinutes(1)).isolated().build();
            assertThatThrownBy(
                    () ->
                        Resilience.of(minute)
                            .call(
                                bench.caller,
                                c -> {
                                  given.set(c);
                                  return bench.waitForEver(c);
                                }))
                .isInstanceOf(CallInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(given.get().isDone()).isTrue();
            bench.root.sleep(SECOND);
            assertThat(minute.stillRunning()).isZero();
          });
    }

    @Test
    void keeps_its_checked_exception_also_one_that_stages_would_unwrap() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench -> {
            Exception failure =
                new java.util.concurrent.CompletionException(new IOException("refused"));
            assertThatThrownBy(
                    () ->
                        Resilience.of(timeout(true))
                            .call(
                                bench.caller,
                                c -> {
                                  throw failure;
                                }))
                .isSameAs(failure);
          });
    }
  }

  @Nested
  class Bad_input {

    @ParameterizedTest
    @ValueSource(longs = {0, -1})
    void a_limit_that_is_none_is_refused(long millis) {
      assertThatThrownBy(() -> FixedTimeout.of(Duration.ofMillis(millis)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("limit: ")
          .hasMessageEndingWith("(expected: > 0)");
    }

    @Test
    void no_threads_are_refused() {
      assertThatThrownBy(() -> builder().maxThreads(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("maxThreads: 0 (expected: >= 1)");
    }

    @Test
    void the_longest_limit_is_one() throws Exception {
      Way.PLATFORM_THREAD.play(
          bench ->
              assertThat(
                      Resilience.of(FixedTimeout.of(Duration.ofSeconds(Long.MAX_VALUE)))
                          .<String, RuntimeException>call(bench.caller, c -> "result"))
                  .isEqualTo("result"));
    }
  }

  private static void assertNothingIsLeft(Bench bench) {
    assertThat(ContextProbe.waiters(bench.caller)).isZero();
    assertThat(bench.pendingTimers()).isZero();
  }
}
