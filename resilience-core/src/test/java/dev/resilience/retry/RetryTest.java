package dev.resilience.retry;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancelReason;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.error.NoTimeLeftException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.CallProbe;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.RetryBudget;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("NullAway") // nulls are given on purpose
class RetryTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final AtomicInteger attempts = new AtomicInteger();
  private final List<PolicyEvent> events = new ArrayList<>();

  private Retry.Builder retry() {
    return Retry.builder().backoff(Backoff.constant(ofSeconds(10))).listener(events::add);
  }

  /** Makes the call in virtual time and returns what it threw. */
  private Throwable failure(CallMode mode, Retry retry, Context ctx, Work work) throws Exception {
    return time.run(
        () -> catchThrowable(() -> mode.call(Resilience.of(retry), ctx, counted(work))));
  }

  private Call<Object, Exception> counted(Work work) {
    return ctx -> work.run(ctx, attempts.incrementAndGet());
  }

  private interface Work {
    Object run(Context ctx, int attempt) throws Exception;
  }

  private static CallReport storyOf(Throwable failure) {
    return CallReport.from(failure).orElseThrow();
  }

  @Nested
  class When_an_attempt_succeeds {

    @ParameterizedTest
    @EnumSource
    void the_first_is_the_only_one_and_nobody_hears_of_it(CallMode mode) throws Exception {
      Object answer =
          time.run(() -> mode.call(Resilience.of(retry().build()), root, counted((c, n) -> n)));

      assertThat(answer).isEqualTo(1);
      assertThat(events).isEmpty();
      assertThat(time.elapsed()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_later_one_is_the_answer_after_the_delays(CallMode mode) throws Exception {
      var backoff = Backoff.list(ofMillis(100), ofMillis(300));

      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry().backoff(backoff).build()),
                      root.withTimeout(ofSeconds(1)),
                      counted(
                          (c, n) -> {
                            if (n < 3) {
                              throw new IOException("no " + n);
                            }
                            return n;
                          })));

      assertThat(answer).isEqualTo(3);
      assertThat(time.elapsed()).isEqualTo(ofMillis(400));
      assertThat(events)
          .hasSize(3)
          .first()
          .isInstanceOfSatisfying(
              PolicyEvent.RetryScheduled.class,
              event -> {
                assertThat(event.attempt()).isEqualTo(1);
                assertThat(event.failure()).hasMessage("no 1");
                assertThat(event.delay()).isEqualTo(ofMillis(100));
              });
      assertThat(events.get(2))
          .isInstanceOfSatisfying(
              PolicyEvent.RetrySucceeded.class,
              event -> {
                assertThat(event.report().attemptCount()).isEqualTo(3);
                assertThat(event.report().waited()).isEqualTo(ofMillis(400));
              });
    }
  }

  @Nested
  class When_attempts_run_out {

    @ParameterizedTest
    @EnumSource
    void the_last_failure_is_thrown_with_the_earlier_ones_and_the_story(CallMode mode)
        throws Exception {
      var thrown = new ArrayList<IOException>();

      Throwable failure =
          failure(
              mode,
              retry().build(),
              root,
              (c, n) -> {
                thrown.add(new IOException("no " + n));
                throw thrown.get(n - 1);
              });

      assertThat(attempts).hasValue(3);
      assertThat(failure).isSameAs(thrown.get(2));
      assertThat(failure.getSuppressed()).hasSize(3).contains(thrown.get(0), thrown.get(1));
      assertThat(storyOf(failure).stopped()).isEqualTo("all 3 attempts are used");
      assertThat(storyOf(failure))
          .hasToString("retry: 3 attempts, waited 20 s, stopped: all 3 attempts are used");
      assertThat(events.get(2))
          .isEqualTo(new PolicyEvent.RetriesStopped("retry", storyOf(failure)));
    }

    @ParameterizedTest
    @EnumSource
    void a_result_that_counts_as_a_failure_is_returned(CallMode mode) throws Exception {
      var classifier = Classifier.ofDefaults().onResult(Integer.class, status -> Verdict.FAILURE);

      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry().classifier(classifier).build()),
                      root,
                      counted((c, n) -> 500 + n)));

      assertThat(answer).isEqualTo(503);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(20));
      assertThat(events).last().isInstanceOf(PolicyEvent.RetriesStopped.class);
    }

    @ParameterizedTest
    @EnumSource
    void a_shared_exception_is_burdened_once_however_often_it_is_thrown(CallMode mode)
        throws Exception {
      var shared = new IOException("shared");
      var mixed = retry().maxAttempts(2).build();

      for (int i = 0; i < 100; i++) {
        attempts.set(0);
        assertThat(
                failure(
                    mode,
                    mixed,
                    root,
                    (c, n) -> {
                      throw n == 1 ? new IOException("fresh") : shared;
                    }))
            .isSameAs(shared);
      }

      assertThat(shared.getSuppressed()).hasSize(2);
      assertThat(storyOf(shared).attemptCount()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void an_exception_that_takes_no_suppressed_ones_is_thrown_as_it_is(CallMode mode)
        throws Exception {
      class Closed extends Exception {
        private static final long serialVersionUID = 1L;

        Closed() {
          super("closed", null, false, false);
        }
      }

      Throwable failure =
          failure(
              mode,
              retry().build(),
              root,
              (c, n) -> {
                throw new Closed();
              });

      assertThat(failure).isInstanceOf(Closed.class).hasNoSuppressedExceptions();
      assertThat(CallReport.from(failure)).isEmpty();
    }
  }

  @Nested
  class When_time_is_short {

    @ParameterizedTest
    @EnumSource
    void fails_at_once_where_the_delay_does_not_fit(CallMode mode) throws Exception {
      var real = new IOException("down");

      Throwable failure =
          failure(
              mode,
              retry().build(),
              root.withTimeout(ofSeconds(1)),
              (c, n) -> {
                c.sleep(ofMillis(2));
                throw real;
              });

      assertThat(failure).isSameAs(real);
      assertThat(time.elapsed()).isEqualTo(ofMillis(2));
      assertThat(attempts).hasValue(1);
      assertThat(storyOf(failure).stopped())
          .isEqualTo("no time left: next attempt in 10 s, 998 ms left");
    }

    @ParameterizedTest
    @EnumSource
    void a_delay_as_long_as_the_time_left_does_not_fit(CallMode mode) throws Exception {
      Throwable failure =
          failure(mode, retry().build(), root.withTimeout(ofSeconds(10)), RetryTest::fail);

      assertThat(attempts).hasValue(1);
      assertThat(storyOf(failure).stopped())
          .isEqualTo("no time left: next attempt in 10 s, 10 s left");
    }

    @ParameterizedTest
    @EnumSource
    void a_delay_just_shorter_than_the_time_left_fits(CallMode mode) throws Exception {
      failure(mode, retry().build(), root.withTimeout(ofSeconds(10).plusNanos(1)), RetryTest::fail);

      assertThat(attempts).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void does_not_try_again_after_the_deadline(CallMode mode) throws Exception {
      Throwable failure =
          failure(
              mode,
              retry().backoff(Backoff.none()).build(),
              root.withTimeout(ofSeconds(1)),
              (c, n) -> {
                root.sleep(ofSeconds(2));
                throw new IOException();
              });

      assertThat(attempts).hasValue(1);
      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              PolicyEvent.RetriesStopped.class,
              event ->
                  assertThat(event.report().stopped())
                      .isEqualTo("the caller's deadline has passed"));
      assertThat(failure).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void does_not_try_again_what_had_no_time_inside(CallMode mode) throws Exception {
      failure(
          mode,
          retry().build(),
          root,
          (c, n) -> {
            throw new NoTimeLeftException("needed 2 s, left 1 s");
          });

      assertThat(attempts).hasValue(1);
    }
  }

  @Nested
  class When_the_caller_cancels {

    @ParameterizedTest
    @EnumSource
    void an_attempt_that_failed_of_it_is_not_repeated(CallMode mode) throws Exception {
      var caller = root.withCancel();

      failure(
          mode,
          retry().build(),
          caller,
          (c, n) -> {
            caller.cancel(CancelReason.USER);
            throw new IOException("connection closed");
          });

      assertThat(attempts).hasValue(1);
      assertThat(time.elapsed()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_backoff_ends_at_once_with_the_callers_end(CallMode mode) throws Exception {
      var caller = root.withCancel();
      var real = new IOException("down");

      Throwable failure =
          time.run(
              () -> {
                time.start(
                    "user",
                    () -> {
                      root.sleep(ofSeconds(3));
                      caller.cancel(CancelReason.USER);
                    });
                return catchThrowable(
                    () ->
                        mode.call(
                            Resilience.of(retry().build()),
                            caller,
                            counted(
                                (c, n) -> {
                                  throw real;
                                })));
              });

      assertThat(failure).isInstanceOf(ContextCancelledException.class).hasCause(CancelReason.USER);
      assertThat(time.elapsed()).isEqualTo(ofSeconds(3));
      assertThat(attempts).hasValue(1);
      assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void a_result_that_counts_as_a_failure_is_the_answer(CallMode mode) throws Exception {
      var caller = root.withCancel();
      var classifier = Classifier.ofDefaults().onResult(Integer.class, status -> Verdict.FAILURE);

      Object answer =
          time.run(
              () ->
                  mode.call(
                      Resilience.of(retry().classifier(classifier).build()),
                      caller,
                      counted(
                          (c, n) -> {
                            caller.cancel(CancelReason.USER);
                            return 503;
                          })));

      assertThat(answer).isEqualTo(503);
      assertThat(attempts).hasValue(1);
      assertThat(events)
          .singleElement()
          .isInstanceOfSatisfying(
              PolicyEvent.RetriesStopped.class,
              event -> assertThat(event.report().stopped()).isEqualTo("the caller has ended"));
    }

    @ParameterizedTest
    @EnumSource
    void in_a_backoff_the_story_tells_what_had_failed_before(CallMode mode) throws Exception {
      a_backoff_ends_at_once_with_the_callers_end(mode);

      assertThat(events)
          .last()
          .isInstanceOfSatisfying(
              PolicyEvent.RetriesStopped.class,
              event ->
                  assertThat(event.report().toTree())
                      .isEqualTo(
                          """
                          retry, stopped: the caller cancelled during the back-off
                          ├─ attempt 1: FAILURE, java.io.IOException: down
                          └─ waited 10 s\
                          """));
    }
  }

  @Nested
  class What_failed_decides {

    @ParameterizedTest
    @EnumSource
    void an_error_is_never_repeated(CallMode mode) throws Exception {
      var error = new AssertionError("bug");

      Throwable failure =
          failure(
              mode,
              retry().build(),
              root,
              (c, n) -> {
                throw error;
              });

      assertThat(failure).isSameAs(error).hasNoSuppressedExceptions();
      assertThat(attempts).hasValue(1);
      assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void an_error_of_a_further_attempt_tells_what_had_failed_before(CallMode mode)
        throws Exception {
      var error = new AssertionError("bug");
      var first = new IOException("no 1");

      Throwable failure =
          failure(
              mode,
              retry().build(),
              root,
              (c, n) -> {
                if (n == 1) {
                  throw first;
                }
                throw error;
              });

      assertThat(failure).isSameAs(error);
      assertThat(failure.getSuppressed()).contains(first);
      assertThat(storyOf(failure).stopped()).isEqualTo("an Error is never retried");
      assertThat(attempts).hasValue(2);
    }

    @ParameterizedTest
    @EnumSource
    void a_permanent_failure_is_not_repeated_and_says_so(CallMode mode) throws Exception {
      var classifier =
          Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.PERMANENT_FAILURE);

      Throwable failure =
          failure(mode, retry().classifier(classifier).build(), root, RetryTest::fail);

      assertThat(attempts).hasValue(1);
      assertThat(storyOf(failure).stopped()).isEqualTo("a permanent failure");
    }

    @ParameterizedTest
    @EnumSource
    void an_exception_that_counts_as_a_success_is_thrown_without_a_story(CallMode mode)
        throws Exception {
      var classifier = Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.SUCCESS);

      Throwable failure =
          failure(mode, retry().classifier(classifier).build(), root, RetryTest::fail);

      assertThat(failure).isInstanceOf(IOException.class).hasNoSuppressedExceptions();
      assertThat(attempts).hasValue(1);
      assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void an_exception_that_counts_as_a_success_after_a_retry_is_one(CallMode mode)
        throws Exception {
      var classifier = Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.SUCCESS);

      Throwable failure =
          failure(
              mode,
              retry().classifier(classifier).build(),
              root,
              (c, n) -> {
                if (n == 1) {
                  throw new IllegalStateException("down");
                }
                throw new IOException("404");
              });

      assertThat(failure).hasMessage("404").hasNoSuppressedExceptions();
      assertThat(events)
          .last()
          .isInstanceOfSatisfying(
              PolicyEvent.RetrySucceeded.class,
              event -> assertThat(event.report().attemptCount()).isEqualTo(2));
    }

    @ParameterizedTest
    @EnumSource
    void a_retry_after_of_nothing_would_hammer_and_is_not_obeyed(CallMode mode) throws Exception {
      failure(
          mode,
          retry().waitForOpenCircuit().maxRejections(2).build(),
          root,
          (c, n) -> {
            throw new CircuitOpenException("payments", Duration.ZERO);
          });

      assertThat(events)
          .first()
          .isInstanceOfSatisfying(
              PolicyEvent.RetryScheduled.class,
              event -> assertThat(event.delay()).isEqualTo(ofSeconds(10)));
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_about_results_that_fails_is_reported(CallMode mode) throws Exception {
      var broken = new IllegalStateException("rule");
      var classifier =
          Classifier.ofDefaults()
              .onResult(
                  Integer.class,
                  status -> {
                    throw broken;
                  });

      assertThat(failure(mode, retry().classifier(classifier).build(), root, (c, n) -> 200))
          .isSameAs(broken);
      assertThat(attempts).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_that_fails_is_reported_with_what_it_judged(CallMode mode) throws Exception {
      var broken = new IllegalStateException("rule");
      var classifier =
          Classifier.ofDefaults()
              .onFailure(
                  IOException.class,
                  e -> {
                    throw broken;
                  });

      Throwable failure =
          failure(mode, retry().classifier(classifier).build(), root, RetryTest::fail);

      assertThat(failure).isSameAs(broken);
      assertThat(failure.getSuppressed()).singleElement().isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @EnumSource
    void a_listener_that_fails_changes_nothing(CallMode mode) throws Exception {
      var retry =
          retry()
              .listener(
                  event -> {
                    throw new IllegalStateException("listener");
                  })
              .build();

      assertThat(failure(mode, retry, root, RetryTest::fail)).isInstanceOf(IOException.class);
      assertThat(attempts).hasValue(3);
    }
  }

  @Nested
  class An_asynchronous_call {

    @Test
    void makes_ten_thousand_immediate_attempts_without_a_deep_stack() throws Exception {
      var depth = new AtomicInteger();
      var retry = Retry.builder().maxAttempts(10_000).backoff(Backoff.none()).build();
      var stage =
          Resilience.of(retry)
              .callAsync(
                  Context.background(VirtualTime.manual()),
                  c -> {
                    attempts.incrementAndGet();
                    depth.accumulateAndGet(new Throwable().getStackTrace().length, Math::max);
                    return CompletableFuture.failedFuture(new IOException("down"));
                  });

      assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
      assertThat(attempts).hasValue(10_000);
      assertThat(depth.get()).isLessThan(500);
    }

    @Test
    void completes_with_the_raw_failure() {
      var real = new IOException("down");
      var seen = new AtomicReference<Throwable>();

      Resilience.of(Retry.of(1))
          .callAsync(root, c -> CompletableFuture.failedFuture(new CompletionException(real)))
          .whenComplete((result, failure) -> seen.set(failure));

      assertThat(seen).hasValue(real);
    }

    @Test
    void hands_on_the_stage_itself_when_it_has_succeeded_already() {
      var done = CompletableFuture.completedFuture("yes");
      var witness = new CallProbe();

      Resilience.of(witness, Retry.ofDefaults()).callAsync(root, c -> done);

      assertThat(witness.stage()).isSameAs(done);
    }
  }

  @Nested
  class A_blocking_call {

    @Test
    void that_is_interrupted_from_outside_in_a_backoff_ends_at_once_with_the_flag_set()
        throws Exception {
      interruptInBackoff(Thread::new);
    }

    @Test
    void on_a_virtual_thread_does_the_same() throws Exception {
      var virtual = virtualThreads();
      org.junit.jupiter.api.Assumptions.assumeTrue(virtual != null, "no virtual threads");
      interruptInBackoff(virtual);
    }

    private void interruptInBackoff(java.util.function.Function<Runnable, Thread> threads)
        throws Exception {
      var manual = VirtualTime.manual();
      var budget = RetryBudget.ofDefaults();
      var flag = new AtomicInteger();
      var thrown = new AtomicReference<Throwable>();
      var ended = new CountDownLatch(1);
      Thread caller =
          threads.apply(
              () -> {
                thrown.set(
                    catchThrowable(
                        () ->
                            Resilience.of(retry().budget(budget).build())
                                .call(Context.background(manual), c -> fail(c, 1))));
                flag.set(Thread.currentThread().isInterrupted() ? 1 : 0);
                ended.countDown();
              });
      caller.start();
      manual.awaitParked(1);

      caller.interrupt();
      ended.await();

      assertThat(thrown.get()).isInstanceOf(CallInterruptedException.class);
      assertThat(storyOf(thrown.get()).stopped())
          .isEqualTo("interrupted from outside during the back-off");
      assertThat(thrown.get().getSuppressed()).hasAtLeastOneElementOfType(IOException.class);
      assertThat(flag).hasValue(1);
      assertThat(manual.elapsed()).isZero();
      assertThat(budget.available()).as("given back").isEqualTo(20);
    }

    @SuppressWarnings("unchecked")
    private static java.util.function.Function<Runnable, Thread> virtualThreads() {
      try {
        var builder = Thread.class.getMethod("ofVirtual").invoke(null);
        var unstarted =
            Class.forName("java.lang.Thread$Builder").getMethod("unstarted", Runnable.class);
        return task -> {
          try {
            return (Thread) unstarted.invoke(builder, task);
          } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("Thread.Builder", impossible);
          }
        };
      } catch (ReflectiveOperationException none) {
        return null;
      }
    }

    @Test
    void keeps_the_checked_type() {
      assertThatThrownBy(() -> checked(Resilience.of(Retry.of(1)))).isInstanceOf(IOException.class);
    }

    private Object checked(Resilience stack) throws IOException {
      return stack.call(
          root,
          c -> {
            throw new IOException();
          });
    }
  }

  @Nested
  class Bad_input {

    @Test
    void is_refused_with_what_was_expected() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Retry.of(0))
          .withMessage("maxAttempts: 0 (expected: >= 1)");
      assertThatThrownBy(() -> Retry.builder().backoff(null)).hasMessage("backoff");
      assertThatThrownBy(() -> Retry.builder().classifier(null)).hasMessage("classifier");
      assertThatThrownBy(() -> Retry.builder().listener(null)).hasMessage("listener");
      assertThatThrownBy(() -> Retry.builder(null)).hasMessage("name");
    }
  }

  @Test
  void says_what_it_is() {
    assertThat(
            Retry.builder("orders").backoff(Backoff.constant(ofSeconds(10))).maxAttempts(4).build())
        .hasToString("orders (4 attempts, 10 s)");
  }

  private static Object fail(Context ctx, int attempt) throws IOException {
    throw new IOException("no " + attempt);
  }
}
