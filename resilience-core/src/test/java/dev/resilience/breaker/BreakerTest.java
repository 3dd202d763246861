package dev.resilience.breaker;

import static dev.resilience.observe.PolicyEvent.Circuit.CLOSED;
import static dev.resilience.observe.PolicyEvent.Circuit.HALF_OPEN;
import static dev.resilience.observe.PolicyEvent.Circuit.OPEN;
import static java.time.Duration.ZERO;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofNanos;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.context.ContextException;
import dev.resilience.context.Key;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.observe.PolicyListener;
import dev.resilience.policy.AsyncCall;
import dev.resilience.policy.Call;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.CallProbe;
import dev.resilience.policy.Classifier;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Next;
import dev.resilience.policy.Verdict;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BreakerTest {

  private static final Duration OPEN_FOR = ofSeconds(5);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final List<PolicyEvent> events = new ArrayList<>();
  private final AtomicInteger reached = new AtomicInteger();

  private Breaker.Builder builder() {
    return Breaker.builder("payments")
        .failureRate(0.5)
        .window(4)
        .openFor(OPEN_FOR)
        .listener(
            event -> {
              if (event instanceof CircuitChanged) {
                events.add(event);
              }
            });
  }

  private void succeed(CallMode mode, Breaker breaker) throws Exception {
    Object answer = mode.call(Resilience.of(breaker), root, c -> reached.incrementAndGet());
    assertThat(answer).isNotNull();
  }

  private Throwable fail(CallMode mode, Breaker breaker, Context ctx, Exception failure) {
    return catchThrowable(
        () ->
            mode.call(
                Resilience.of(breaker),
                ctx,
                c -> {
                  reached.incrementAndGet();
                  throw failure;
                }));
  }

  private Throwable fail(CallMode mode, Breaker breaker) {
    return fail(mode, breaker, root, new IOException("down"));
  }

  private Breaker opened(Breaker.Builder builder) {
    Breaker breaker = builder.build();
    while (breaker.state() != OPEN) {
      fail(CallMode.BLOCKING, breaker);
    }
    events.clear();
    reached.set(0);
    return breaker;
  }

  /** Open, and its time is over. */
  private Breaker ripe(Breaker.Builder builder) {
    Breaker breaker = opened(builder);
    time.advance(OPEN_FOR);
    return breaker;
  }

  private Pending start(Breaker breaker) {
    return new Pending(breaker, root.withCancel());
  }

  /** An asynchronous call under way. */
  private static final class Pending {

    final CancellableContext caller;
    final CompletableFuture<String> work = new CompletableFuture<>();
    final CompletableFuture<String> answer;
    private boolean admitted;

    Pending(Breaker breaker, CancellableContext caller) {
      this.caller = caller;
      this.answer =
          Resilience.of(breaker)
              .callAsync(
                  caller,
                  c -> {
                    admitted = true;
                    return work;
                  })
              .toCompletableFuture();
    }

    boolean isAdmitted() {
      return admitted;
    }

    void succeed() {
      work.complete("well");
    }

    void fail() {
      work.completeExceptionally(new IOException("down"));
    }
  }

  @Nested
  class Closed_it {

    @ParameterizedTest
    @EnumSource
    void opens_at_the_failure_rate_once_there_are_enough_calls(CallMode mode) throws Exception {
      var breaker = builder().minimumCalls(4).build();
      fail(mode, breaker);
      fail(mode, breaker);
      succeed(mode, breaker);
      assertThat(breaker.state()).isEqualTo(CLOSED);

      succeed(mode, breaker);

      assertThat(breaker.state()).isEqualTo(OPEN);
      assertThat(events)
          .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "2 of 4 calls failed"));
    }

    @ParameterizedTest
    @EnumSource
    void opens_after_failures_in_a_row(CallMode mode) throws Exception {
      var breaker = builder().window(20).consecutiveFailures(3).build();
      fail(mode, breaker);
      fail(mode, breaker);
      succeed(mode, breaker);
      fail(mode, breaker);
      fail(mode, breaker);
      assertThat(breaker.state()).isEqualTo(CLOSED);

      fail(mode, breaker);

      assertThat(events)
          .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "3 failures in a row"));
    }

    @ParameterizedTest
    @EnumSource
    void forgets_what_has_left_the_window(CallMode mode) throws Exception {
      var breaker = builder().failureRate(1).build();
      fail(mode, breaker);
      for (int i = 0; i < 4; i++) {
        succeed(mode, breaker);
      }

      assertThat(breaker.snapshot().windowCalls()).isEqualTo(4);
      assertThat(breaker.snapshot().windowFailures()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void does_not_count_what_the_caller_cancelled(CallMode mode) {
      var breaker = builder().build();
      for (int i = 0; i < 100; i++) {
        var caller = root.withCancel();
        ignoringFailure(
            () ->
                mode.call(
                    Resilience.of(breaker),
                    caller,
                    c -> {
                      caller.cancel();
                      throw new IOException("connection closed");
                    }));
      }

      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.snapshot().cancelled()).isEqualTo(100);
    }

    @ParameterizedTest
    @EnumSource
    void counts_a_cancellation_that_the_caller_did_not_cause(CallMode mode) {
      var breaker = builder().build();

      fail(mode, breaker, root, new CancellationException("a library's time-out"));

      assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void counts_a_callers_deadline_that_passed_during_the_call(CallMode mode) {
      var breaker = builder().build();
      var caller = root.withTimeout(ofSeconds(1));

      ignoringFailure(
          () ->
              mode.call(
                  Resilience.of(breaker),
                  caller,
                  c -> {
                    time.advance(ofSeconds(1));
                    throw new IOException("read timed out");
                  }));

      assertThat(breaker.snapshot().windowTimedOut()).isEqualTo(1);
      assertThat(breaker.snapshot().windowFailures()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void asks_its_classifier(CallMode mode) throws Exception {
      var breaker =
          builder()
              .window(20)
              .classifier(
                  Classifier.ofDefaults()
                      .onFailure(
                          IOException.class,
                          e ->
                              switch (String.valueOf(e.getMessage())) {
                                case "404" -> Verdict.SUCCESS;
                                case "409" -> Verdict.IGNORED;
                                default -> Verdict.PERMANENT_FAILURE;
                              })
                      .onResult(Integer.class, status -> Verdict.FAILURE))
              .build();

      fail(mode, breaker, root, new IOException("404"));
      fail(mode, breaker, root, new IOException("409"));
      fail(mode, breaker, root, new IOException("410"));
      succeed(mode, breaker);

      var snapshot = breaker.snapshot();
      assertThat(snapshot.windowCalls()).isEqualTo(3);
      assertThat(snapshot.windowFailures()).isEqualTo(2);
      assertThat(snapshot.uncounted()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void ignores_results_of_calls_from_before_a_reset(CallMode mode) throws Exception {
      var breaker = builder().build();
      var early = start(breaker);
      breaker.reset();

      early.fail();

      assertThat(breaker.snapshot().windowCalls()).isZero();
      succeed(mode, breaker);
      assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
      assertThat(events).isEmpty();
    }
  }

  @Nested
  class Open_it {

    @ParameterizedTest
    @EnumSource
    void rejects_with_the_time_that_is_left(CallMode mode) {
      var breaker = opened(builder());
      time.advance(ofSeconds(2));

      Throwable rejection = fail(mode, breaker);

      assertThat(rejection)
          .isInstanceOfSatisfying(
              CircuitOpenException.class,
              e -> {
                assertThat(e.retryAfter()).contains(ofSeconds(3));
                assertThat(e.breaker()).isEqualTo("payments");
                assertThat(e.getStackTrace()).isEmpty();
              })
          .hasMessage("circuit 'payments' is open, retry after 3 s");
      assertThat(reached).hasValue(0);
      assertThat(breaker.snapshot().rejected()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void becomes_half_open_with_the_first_call_after_its_time(CallMode mode) {
      var breaker = opened(builder());
      time.advance(OPEN_FOR.minusNanos(1));
      fail(mode, breaker);
      assertThat(events).isEmpty();

      time.advance(ofNanos(1));
      assertThat(breaker.state()).isEqualTo(OPEN);
      fail(mode, breaker);

      assertThat(events)
          .containsExactly(
              new CircuitChanged("payments", OPEN, HALF_OPEN, "time to probe"),
              new CircuitChanged("payments", HALF_OPEN, OPEN, "a probe failed"));
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void is_not_moved_by_late_results_of_calls_from_before() {
      var breaker = builder().build();
      var late = List.of(start(breaker), start(breaker), start(breaker));
      fail(CallMode.BLOCKING, breaker);
      fail(CallMode.BLOCKING, breaker);
      assertThat(breaker.state()).isEqualTo(OPEN);
      events.clear();

      late.get(0).succeed();
      late.get(1).fail();
      time.advance(OPEN_FOR);
      var probe = start(breaker);
      late.get(2).fail();

      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      probe.succeed();
      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(breaker.snapshot().windowCalls()).isZero();
    }

    @Test
    void closes_when_reset_by_hand() throws Exception {
      var breaker = opened(builder());

      breaker.reset();

      assertThat(events)
          .containsExactly(new CircuitChanged("payments", OPEN, CLOSED, "reset by hand"));
      succeed(CallMode.BLOCKING, breaker);
    }
  }

  @Nested
  class Half_open_it {

    @ParameterizedTest
    @EnumSource
    void closes_after_enough_successes_with_an_empty_window(CallMode mode) throws Exception {
      var breaker = ripe(builder().closeAfter(2));
      succeed(mode, breaker);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);

      succeed(mode, breaker);

      assertThat(events)
          .last()
          .isEqualTo(new CircuitChanged("payments", HALF_OPEN, CLOSED, "2 probes succeeded"));
      assertThat(breaker.snapshot().windowCalls()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void opens_again_for_the_whole_time_after_a_failure(CallMode mode) {
      var breaker = ripe(builder());
      time.advance(ofSeconds(60));
      fail(mode, breaker);

      assertThat(breaker.state()).isEqualTo(OPEN);
      assertThat(fail(mode, breaker))
          .isInstanceOfSatisfying(
              CircuitOpenException.class, e -> assertThat(e.retryAfter()).contains(OPEN_FOR));
    }

    @Test
    void admits_no_more_at_once_than_its_permits() {
      var breaker = ripe(builder().halfOpenPermits(2).closeAfter(9));
      var first = start(breaker);
      var second = start(breaker);
      var third = start(breaker);

      assertThat(first.isAdmitted()).isTrue();
      assertThat(second.isAdmitted()).isTrue();
      assertThat(third.isAdmitted()).isFalse();
      assertThat(third.answer).isCompletedExceptionally();

      first.succeed();
      assertThat(start(breaker).isAdmitted()).isTrue();
      assertThat(start(breaker).isAdmitted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void learns_nothing_from_a_cancelled_caller_and_gets_the_permit_back(CallMode mode) {
      var breaker = ripe(builder());
      for (int i = 0; i < 10; i++) {
        var caller = root.withCancel();
        ignoringFailure(
            () ->
                mode.call(
                    Resilience.of(breaker),
                    caller,
                    c -> {
                      reached.incrementAndGet();
                      caller.cancel();
                      throw new IOException("connection closed");
                    }));
      }

      assertThat(reached).hasValue(10);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
    }

    @Test
    void gets_the_permit_back_from_a_cancelled_caller_whose_stage_never_completes() {
      var breaker = ripe(builder());
      var probe = start(breaker);

      probe.caller.cancel();

      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(start(breaker).isAdmitted()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void learns_nothing_from_what_was_rejected_inside_or_is_ignored(CallMode mode) {
      var ignoring = Classifier.ofDefaults().onFailure(IOException.class, e -> Verdict.IGNORED);
      var breaker =
          ripeAfter(
              new IllegalStateException(), builder().classifier(ignoring).consecutiveFailures(1));

      fail(mode, breaker, root, new IOException("ignored"));
      fail(mode, breaker, root, new CircuitOpenException("inner", ofSeconds(1)));

      assertThat(reached).hasValue(2);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
    }

    private Breaker ripeAfter(Exception failure, Breaker.Builder builder) {
      Breaker breaker = builder.build();
      fail(CallMode.BLOCKING, breaker, root, failure);
      time.advance(OPEN_FOR);
      reached.set(0);
      return breaker;
    }

    @ParameterizedTest
    @EnumSource
    void gets_the_permit_back_when_a_rule_fails(CallMode mode) {
      var broken = new IllegalStateException("rule");
      var breaker =
          ripeAfter(
              new IllegalArgumentException(),
              builder()
                  .consecutiveFailures(1)
                  .classifier(
                      Classifier.ofDefaults()
                          .onFailure(
                              IOException.class,
                              e -> {
                                throw broken;
                              })
                          .onResult(
                              Integer.class,
                              r -> {
                                throw broken;
                              })));

      assertThat(fail(mode, breaker)).isSameAs(broken);
      assertThat(catchThrowable(() -> succeed(mode, breaker))).isSameAs(broken);
      assertThat(broken.getSuppressed()).as("what it judged").hasSize(1);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(breaker.snapshot().mode()).isEqualTo(BreakerMode.AUTOMATIC);
    }

    @Test
    void gets_the_permit_back_when_a_stage_takes_no_listener() {
      var breaker = ripe(builder().consecutiveFailures(1));
      var broken = new IllegalStateException("stage");
      var stage =
          new CompletableFuture<Object>() {
            @Override
            public <U> CompletableFuture<U> handle(
                BiFunction<? super Object, Throwable, ? extends U> function) {
              throw broken;
            }
          };

      var answer = Resilience.of(breaker, new HandsOn(stage)).callAsync(root, c -> stage);

      assertThat(answer).isCompletedExceptionally();
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
      assertThat(breaker.state()).as("the call failed").isEqualTo(OPEN);
    }

    /** A policy of a user's that answers with a stage of its own. */
    private record HandsOn(CompletionStage<?> stage) implements ContextPolicy {

      @Override
      public <T, X extends Throwable> T call(Context ctx, Next next, Call<T, X> work) throws X {
        return next.call(ctx, work);
      }

      @Override
      @SuppressWarnings("unchecked")
      public <T> CompletionStage<T> callAsync(Context ctx, Next next, AsyncCall<T> work) {
        return (CompletionStage<T>) stage;
      }
    }

    @Test
    void replaces_a_probe_that_never_returns() {
      var breaker = ripe(builder().probeTimeout(ofSeconds(30)));
      var stuck = start(breaker);
      time.advance(ofSeconds(30).minusNanos(1));
      assertThat(start(breaker).isAdmitted()).isFalse();

      time.advance(ofNanos(1));
      var next = start(breaker);
      assertThat(next.isAdmitted()).isTrue();

      stuck.fail();
      assertThat(breaker.state()).as("after the late failure").isEqualTo(HALF_OPEN);
      assertThat(start(breaker).isAdmitted()).as("the slot is the new one's").isFalse();
      next.succeed();
      assertThat(breaker.state()).isEqualTo(CLOSED);
    }

    @Test
    void does_not_say_when_a_permit_will_be_free() {
      var breaker = ripe(builder());
      start(breaker);

      assertThat(start(breaker).answer.handle((value, failure) -> failure).join())
          .isInstanceOfSatisfying(
              CircuitOpenException.class, e -> assertThat(e.retryAfter()).isEmpty())
          .hasMessage("circuit 'payments' is half-open and being probed");
    }

    @ParameterizedTest
    @EnumSource
    void opens_again_after_as_many_failures_as_were_asked_for(CallMode mode) throws Exception {
      var breaker = ripe(builder().reopenAfter(2).closeAfter(3));
      succeed(mode, breaker);
      fail(mode, breaker);
      succeed(mode, breaker);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);

      fail(mode, breaker);

      assertThat(events)
          .last()
          .isEqualTo(
              new CircuitChanged("payments", HALF_OPEN, OPEN, "a probe failed, as 1 before it"));
    }

    @Test
    void is_neither_closed_nor_stuck_by_a_thousand_callers_who_leave() throws Exception {
      var random = time.random();
      var breaker = ripe(builder().halfOpenPermits(3).closeAfter(2));
      var underWay = new ArrayList<Pending>();
      int admitted = 0;
      for (int i = 0; i < 1000; i++) {
        var call = start(breaker);
        if (call.isAdmitted()) {
          admitted++;
          underWay.add(call);
        }
        assertThat(breaker.snapshot().probesUnderWay())
            .isEqualTo(underWay.size())
            .isLessThanOrEqualTo(3);
        while (!underWay.isEmpty() && random.nextInt(3) > 0) {
          underWay.remove(random.nextInt(underWay.size())).caller.cancel();
        }
        time.advance(ofMillis(random.nextInt(20)));
      }
      underWay.forEach(call -> call.caller.cancel());

      assertThat(admitted).isGreaterThan(300);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(breaker.snapshot().cancelled()).isEqualTo(admitted);
      succeed(CallMode.BLOCKING, breaker);
      succeed(CallMode.ASYNC, breaker);
      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(events).hasSize(2);
    }

    @Test
    void keeps_to_its_permits_and_gets_all_of_them_back_under_many_threads() throws Exception {
      int permits = 3;
      var breaker = ripe(builder().halfOpenPermits(permits).closeAfter(Integer.MAX_VALUE));
      var inside = new AtomicInteger();
      var most = new AtomicInteger();
      var start = new CountDownLatch(1);
      var threads = new ArrayList<Thread>();
      for (int t = 0; t < 8; t++) {
        threads.add(
            new Thread(
                () -> {
                  ignoringFailure(start::await);
                  for (int i = 0; i < 2000; i++) {
                    probe(breaker, inside, most);
                  }
                }));
      }
      threads.forEach(Thread::start);
      start.countDown();
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(most).hasPositiveValue();
      assertThat(most.get()).isLessThanOrEqualTo(permits);
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
    }

    private void probe(Breaker breaker, AtomicInteger inside, AtomicInteger most) {
      var caller = root.withCancel();
      ignoringFailure(
          () ->
              Resilience.of(breaker)
                  .call(
                      caller,
                      c -> {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        try {
                          Thread.onSpinWait();
                          if (ThreadLocalRandom.current().nextBoolean()) {
                            caller.cancel();
                            throw new IOException("left");
                          }
                          return "well";
                        } finally {
                          inside.decrementAndGet();
                        }
                      }));
    }
  }

  @Nested
  class With_a_window_of_a_time {

    private Breaker breaker() {
      return builder().window(ofSeconds(10)).minimumCalls(4).build();
    }

    @ParameterizedTest
    @EnumSource
    void it_counts_all_of_that_time(CallMode mode) throws Exception {
      var breaker = breaker();
      fail(mode, breaker);
      fail(mode, breaker);
      time.advance(ofSeconds(9));
      succeed(mode, breaker);
      assertThat(breaker.state()).isEqualTo(CLOSED);

      succeed(mode, breaker);

      assertThat(events)
          .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "2 of 4 calls failed"));
    }

    @ParameterizedTest
    @EnumSource
    void it_forgets_what_is_older(CallMode mode) throws Exception {
      var breaker = breaker();
      fail(mode, breaker);
      fail(mode, breaker);
      fail(mode, breaker);
      time.advance(ofSeconds(10));
      assertThat(breaker.snapshot().windowCalls()).isZero();

      fail(mode, breaker);

      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    }

    @Test
    void it_refuses_a_second_time_source_before_the_call() {
      var breaker = breaker();
      fail(CallMode.BLOCKING, breaker);
      reached.set(0);

      Throwable refused =
          fail(
              CallMode.BLOCKING,
              breaker,
              Context.background(VirtualTime.manual()),
              new IOException());

      assertThat(refused).isInstanceOf(IllegalArgumentException.class);
      assertThat(reached).hasValue(0);
    }
  }

  @Nested
  class With_slow_calls {

    private final Duration limit = ofSeconds(2);

    private Breaker.Builder slowAware() {
      return builder().failureRate(1).minimumCalls(2).slowCallRate(0.5, limit);
    }

    private void takes(CallMode mode, Breaker breaker, Duration took) throws Exception {
      mode.call(
          Resilience.of(breaker),
          root,
          c -> {
            time.advance(took);
            return "well";
          });
    }

    @ParameterizedTest
    @EnumSource
    void it_opens_when_too_many_took_too_long(CallMode mode) throws Exception {
      var breaker = slowAware().build();
      takes(mode, breaker, limit.minusNanos(1));
      assertThat(breaker.snapshot().windowSlow()).isZero();

      takes(mode, breaker, limit);

      assertThat(events)
          .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "1 of 2 calls were slow"));
    }

    @ParameterizedTest
    @EnumSource
    void a_slow_probe_opens_it_again(CallMode mode) throws Exception {
      var breaker = slowAware().consecutiveFailures(1).build();
      fail(mode, breaker);
      time.advance(OPEN_FOR);

      takes(mode, breaker, limit);

      assertThat(events)
          .last()
          .isEqualTo(new CircuitChanged("payments", HALF_OPEN, OPEN, "a probe was slow"));
    }

    @ParameterizedTest
    @EnumSource
    void a_caller_in_a_hurry_gave_no_fair_chance(CallMode mode) {
      var breaker = slowAware().build();
      for (int i = 0; i < 50; i++) {
        cutOffAfter(mode, breaker, limit.minusNanos(1));
      }

      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.snapshot().uncounted()).isEqualTo(50);
    }

    @ParameterizedTest
    @EnumSource
    void a_patient_caller_did(CallMode mode) {
      var breaker = slowAware().build();

      cutOffAfter(mode, breaker, limit);

      assertThat(breaker.snapshot().windowTimedOut()).isEqualTo(1);
      assertThat(breaker.snapshot().windowSlow()).isEqualTo(1);
    }

    private void cutOffAfter(CallMode mode, Breaker breaker, Duration ran) {
      var caller = root.withTimeout(ran);
      ignoringFailure(
          () ->
              mode.call(
                  Resilience.of(breaker),
                  caller,
                  c -> {
                    time.advance(ran);
                    throw new IOException("read timed out");
                  }));
    }

    @Test
    void one_that_hangs_counts_while_it_runs_and_only_once() {
      var breaker = slowAware().countSlowWhileRunning().build();
      var hangs = start(breaker);
      time.advance(limit.minusNanos(1));
      assertThat(breaker.snapshot().windowSlow()).isZero();

      time.advance(ofNanos(1));
      assertThat(breaker.snapshot().windowSlow()).isEqualTo(1);
      hangs.fail();

      assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
      assertThat(breaker.snapshot().windowFailures()).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void one_that_returns_in_time_is_not_slow_and_leaves_no_timer(CallMode mode) throws Exception {
      var breaker = slowAware().countSlowWhileRunning().build();

      takes(mode, breaker, limit.minusNanos(1));

      assertThat(time.pendingTimers()).isZero();
      time.advance(limit);
      assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
      assertThat(breaker.snapshot().windowSlow()).isZero();
    }

    @Test
    void a_probe_whose_caller_left_gives_its_permit_back_at_once() {
      var breaker = slowAware().consecutiveFailures(1).countSlowWhileRunning().build();
      fail(CallMode.BLOCKING, breaker);
      time.advance(OPEN_FOR);
      var left = start(breaker);
      assertThat(breaker.snapshot().probesUnderWay()).isEqualTo(1);

      left.caller.cancel();

      assertThat(breaker.snapshot().probesUnderWay()).isZero();
      assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void probes_that_hang_open_it_again() {
      var breaker = slowAware().consecutiveFailures(1).countSlowWhileRunning().build();
      fail(CallMode.BLOCKING, breaker);
      time.advance(OPEN_FOR);
      var hangs = start(breaker);

      time.advance(limit);

      assertThat(breaker.state()).isEqualTo(OPEN);
      hangs.succeed();
      assertThat(breaker.state()).isEqualTo(OPEN);
      assertThat(breaker.snapshot().probesUnderWay()).isZero();
    }

    @Test
    void one_whose_caller_left_is_not_slow() {
      var breaker = slowAware().countSlowWhileRunning().build();
      var left = start(breaker);
      left.caller.cancel();
      time.advance(limit);

      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.snapshot().cancelled()).isEqualTo(1);
      assertThat(time.pendingTimers()).isZero();
    }
  }

  @Nested
  class By_hand_it {

    @ParameterizedTest
    @EnumSource
    void is_held_open_whatever_the_time(CallMode mode) {
      var breaker = builder().build();
      breaker.forceOpen();
      time.advance(Duration.ofHours(1));

      assertThat(fail(mode, breaker))
          .isInstanceOf(CircuitOpenException.class)
          .hasMessage("circuit 'payments' is held open");
      assertThat(reached).hasValue(0);
      assertThat(breaker.mode()).isEqualTo(BreakerMode.FORCED_OPEN);
      assertThat(breaker.snapshot().opened()).isEqualTo(1);
      assertThat(breaker.snapshot().rejected()).isEqualTo(1);
      assertThat(events)
          .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "forced open"));
    }

    @ParameterizedTest
    @EnumSource
    void is_held_closed_whatever_the_results(CallMode mode) {
      var breaker = opened(builder());
      breaker.forceClosed();
      for (int i = 0; i < 20; i++) {
        fail(mode, breaker);
      }

      assertThat(reached).hasValue(20);
      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.state()).isEqualTo(CLOSED);
      assertThat(events)
          .containsExactly(new CircuitChanged("payments", OPEN, CLOSED, "forced closed"));
    }

    @ParameterizedTest
    @EnumSource
    void only_watches(CallMode mode) {
      var breaker = builder().build();
      breaker.metricsOnly();
      for (int i = 0; i < 20; i++) {
        fail(mode, breaker);
      }

      assertThat(reached).hasValue(20);
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(4);
      assertThat(breaker.mode()).isEqualTo(BreakerMode.METRICS_ONLY);
      assertThat(events).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void decides_by_itself_again_after_a_reset(CallMode mode) {
      var breaker = builder().build();
      breaker.forceClosed();
      breaker.reset();
      while (breaker.state() == CLOSED) {
        fail(mode, breaker);
      }

      assertThat(breaker.mode()).isEqualTo(BreakerMode.AUTOMATIC);
      assertThat(breaker.state()).isEqualTo(OPEN);
    }
  }

  @Nested
  class Under_two_time_sources {

    @ParameterizedTest
    @EnumSource
    void it_refuses_where_it_would_have_to_measure(CallMode mode) throws Exception {
      var breaker = opened(builder());
      var elsewhere = Context.background(VirtualTime.manual());

      assertThatThrownBy(() -> mode.call(Resilience.of(breaker), elsewhere, c -> "well"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("ctx: a context on ")
          .hasMessageContaining("'payments'");
      assertThat(breaker.state()).isEqualTo(OPEN);
    }

    @ParameterizedTest
    @EnumSource
    void it_does_not_care_while_it_measures_nothing(CallMode mode) throws Exception {
      var breaker = builder().build();

      mode.call(Resilience.of(breaker), root, c -> "well");
      mode.call(Resilience.of(breaker), Context.background(VirtualTime.manual()), c -> "well");

      assertThat(breaker.snapshot().windowCalls()).isEqualTo(2);
    }
  }

  @Nested
  class Bad_input {

    @Test
    void is_refused_with_what_was_expected() {
      refused(() -> Breaker.builder(" "), "name: ' ' (expected: not blank)");
      refused(() -> builder().failureRate(0), "failureRate: 0.0 (expected: > 0 and <= 1)");
      refused(() -> builder().failureRate(Double.NaN), "failureRate: NaN (expected: > 0 and <= 1)");
      refused(() -> builder().window(0), "window: 0 (expected: 1 to 1000000)");
      refused(() -> builder().minimumCalls(0), "minimumCalls: 0 (expected: >= 1)");
      refused(
          () -> builder().minimumCalls(5).build(), "minimumCalls: 5 (expected: <= 4, the window)");
      refused(
          () -> builder().consecutiveFailures(5).build(),
          "consecutiveFailures: 5 (expected: <= 4, the window)");
      refused(() -> builder().window(ofNanos(9)), "window: 9 ns (expected: 10 ns to 1 day)");
      refused(
          () -> builder().window(Duration.ofDays(1).plusNanos(1)),
          "window: 86400 s (expected: 10 ns to 1 day)");
      refused(
          () -> builder().slowCallRate(0, ofSeconds(1)),
          "slowCallRate: 0.0 (expected: > 0 and <= 1)");
      refused(
          () -> builder().slowCallRate(1.1, ofSeconds(1)),
          "slowCallRate: 1.1 (expected: > 0 and <= 1)");
      refused(() -> builder().slowCallRate(1, ZERO), "atLeast: 0 s (expected: > 0)");
      refused(
          () -> builder().countSlowWhileRunning().build(),
          "countSlowWhileRunning: no slowCallRate (expected: one that says what is slow)");
      refused(() -> builder().openFor(ZERO), "openFor: 0 s (expected: > 0)");
      refused(() -> builder().halfOpenPermits(0), "halfOpenPermits: 0 (expected: 1 to 1000)");
      refused(() -> builder().closeAfter(0), "closeAfter: 0 (expected: >= 1)");
      refused(() -> builder().reopenAfter(0), "reopenAfter: 0 (expected: >= 1)");
      refused(
          () -> builder().openFor(ofSeconds(2), ofSeconds(1)), "longest: 1 s (expected: >= 2 s)");
      refused(
          () -> builder().timeoutsOpenAfter(ofMillis(-1)),
          "timeoutsOpenAfter: -1 ms (expected: >= 0)");
      refused(() -> builder().probeTimeout(ofMillis(-1)), "probeTimeout: -1 ms (expected: > 0)");
    }

    private static void refused(Supplier<?> call, String message) {
      assertThatThrownBy(call::get)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }

  @Test
  void the_ends_of_the_ranges_are_taken() {
    for (Breaker.Builder builder :
        List.of(
            builder().window(1),
            builder().window(1_000_000),
            builder().window(ofNanos(10)),
            builder().window(Duration.ofDays(1)),
            builder().failureRate(1),
            builder().slowCallRate(1, ofNanos(1)),
            builder().halfOpenPermits(1),
            builder().halfOpenPermits(1000))) {
      assertThat(builder.build().name()).isEqualTo("payments");
    }
  }

  @Test
  void hands_on_the_stage_itself_when_it_has_succeeded_already() {
    var done = CompletableFuture.completedFuture("well");
    var witness = new CallProbe();

    Resilience.of(witness, builder().build()).callAsync(root, c -> done);

    assertThat(witness.stage()).isSameAs(done);
  }

  @Test
  void tells_its_numbers() throws Exception {
    var breaker = opened(builder());
    fail(CallMode.ASYNC, breaker);

    assertThat(breaker.snapshot())
        .hasToString(
            "breaker 'payments': OPEN (AUTOMATIC), window of 0 calls, 0 failed, 0 timed out, 0 slow;"
                + " 0 probes under way; ever 2 failed, 0 timed out, 0 cancelled, 0 uncounted,"
                + " 1 rejected, opened 1 times");
    assertThat(breaker).hasToString("breaker 'payments' (OPEN)");
  }

  @Nested
  class By_a_permit_it {

    @Test
    void counts_what_is_recorded_first_and_nothing_else() {
      var breaker = builder().failureRate(1).build();
      try (BreakerPermit permit = breaker.acquire(root)) {
        permit.recordResult("well");
        permit.recordFailure(new IOException("down"));
      }
      try (BreakerPermit permit = breaker.acquire(root)) {
        permit.recordFailure(new IOException("down"));
        permit.recordResult("well");
      }

      assertThat(breaker.snapshot().windowCalls()).isEqualTo(2);
      assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    }

    @Test
    void gets_the_permit_of_a_probe_back_of_which_nothing_was_recorded() {
      var breaker = ripe(builder());
      try (BreakerPermit probe = breaker.acquire(root)) {
        assertThat(breaker.snapshot().probesUnderWay()).isEqualTo(1);
        assertThatThrownBy(() -> breaker.acquire(root)).isInstanceOf(CircuitOpenException.class);
        assertThat(probe).isNotNull();
      }

      assertThat(breaker.snapshot().probesUnderWay()).isZero();
      assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    }

    @Test
    void is_closed_and_opened_as_by_a_call() {
      var breaker = ripe(builder());
      try (BreakerPermit probe = breaker.acquire(root)) {
        probe.recordResult("well");
      }
      assertThat(breaker.state()).isEqualTo(CLOSED);

      for (int i = 0; i < 2; i++) {
        try (BreakerPermit permit = breaker.acquire(root)) {
          permit.recordFailure(new IOException("down"));
        }
      }
      assertThat(breaker.state()).isEqualTo(OPEN);
    }

    @Test
    void counts_nothing_of_a_caller_who_left() {
      var breaker = builder().build();
      var caller = root.withCancel();
      try (BreakerPermit permit = breaker.acquire(caller)) {
        caller.cancel();
        permit.recordFailure(new IOException("closed"));
      }

      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.snapshot().cancelled()).isEqualTo(1);
      assertThatThrownBy(() -> breaker.acquire(caller)).isInstanceOf(ContextException.class);
    }
  }

  @Nested
  class Its_listener {

    private final Key<String> request = Key.of("request", String.class);
    private final List<String> heard = new ArrayList<>();

    private final PolicyListener listener =
        PolicyListener.withContext(
            (ctx, event) ->
                heard.add(event.getClass().getSimpleName() + " in " + ctx.get(request)));

    @ParameterizedTest
    @EnumSource
    void hears_of_changes_and_rejections_and_in_which_call(CallMode mode) {
      var breaker = builder().listener(listener).build();
      var ctx = root.withValue(request, "r7");
      fail(mode, breaker, ctx, new IOException("down"));
      fail(mode, breaker, ctx, new IOException("down"));
      fail(mode, breaker, ctx, new IOException("down"));
      breaker.reset();

      assertThat(heard)
          .containsExactly("CircuitChanged in r7", "Rejected in r7", "CircuitChanged in null");
    }
  }

  @ParameterizedTest
  @EnumSource
  void counts_successes_where_that_is_asked_for(CallMode mode) throws Exception {
    var breaker = builder().countSuccesses().build();
    succeed(mode, breaker);
    succeed(mode, breaker);

    assertThat(breaker.snapshot().succeeded()).hasValue(2);
    assertThat(builder().build().snapshot().succeeded()).isEmpty();
  }

  /** For what throws, where something else is looked at. */
  private static void ignoringFailure(ThrowingCallable call) {
    try {
      call.call();
    } catch (Throwable ignored) {
      // as said
    }
  }
}
