package dev.resilience.chaos;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.context.ContextCancelledException;
import dev.resilience.context.ContextProbe;
import dev.resilience.context.DeadlineExceededException;
import dev.resilience.context.Key;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CallInterruptedException;
import dev.resilience.observe.CallReport;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.FaultInjected;
import dev.resilience.policy.CallMode;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChaosTest {

  private static final Key<Boolean> TEST_USER = Key.of("test user", Boolean.class);

  private final VirtualTime.Automatic time = VirtualTime.automatic(11);
  private final Context root = Context.background(time);
  private final List<PolicyEvent> events = new ArrayList<>();
  private final AtomicInteger dispatched = new AtomicInteger();
  private final Chaos chaos = Chaos.builder("payments").listener(events::add).build();

  @AfterEach
  void nobodyIsLeftWaiting() {
    System.clearProperty(Chaos.PROPERTY);
    assertThat(chaos.snapshot().waiting()).isZero();
    assertThat(ContextProbe.waiters(root.withCancel())).isZero();
    assertThat(time.pendingTimers()).isZero();
  }

  private void run(Callable<?> program) throws Exception {
    time.run(program::call);
  }

  private String call(CallMode mode, Context ctx) throws Exception {
    return call(mode, Resilience.of(chaos), ctx);
  }

  private String call(CallMode mode, Resilience stack, Context ctx) throws Exception {
    return mode.call(
        stack,
        ctx,
        c -> {
          dispatched.incrementAndGet();
          return "answer";
        });
  }

  @Nested
  class Without_faults {

    @ParameterizedTest
    @EnumSource
    void every_call_passes(CallMode mode) throws Exception {
      run(() -> call(mode, root));
      assertThat(dispatched).hasValue(1);
      assertThat(events).isEmpty();
      assertThat(chaos).hasToString("payments (no faults)");
    }

    /** The generator stands where it stood: a chaos that is off changes no other story. */
    @Test
    void no_chance_is_asked() throws Exception {
      var untouched = VirtualTime.automatic(3);
      var off = VirtualTime.automatic(3);
      off.run(() -> Resilience.of(Chaos.of("idle")).call(Context.background(off), c -> "answer"));
      assertThat(off.random().nextLong()).isEqualTo(untouched.random().nextLong());
    }
  }

  @Nested
  class Failing {

    @ParameterizedTest
    @EnumSource
    void fails_the_call_instead_of_it(CallMode mode) throws Exception {
      chaos.inject(Fault.error(1));
      run(
          () -> {
            assertThatThrownBy(() -> call(mode, root))
                .isInstanceOf(InjectedFailureException.class)
                .hasMessage("payments: an injected failure");
            return null;
          });
      assertThat(dispatched).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void may_be_of_the_dependencys_kind(CallMode mode) throws Exception {
      chaos.inject(Fault.error(1, () -> new IOException("connection reset")));
      run(
          () -> {
            assertThatThrownBy(() -> call(mode, root))
                .isInstanceOf(IOException.class)
                .hasMessage("connection reset");
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void whose_supplier_throws_fails_the_call_with_that(CallMode mode) throws Exception {
      StackOverflowError broken = new StackOverflowError();
      chaos.inject(
          Fault.error(
              1,
              () -> {
                throw broken;
              }));
      run(
          () -> {
            assertThatThrownBy(() -> call(mode, root)).isSameAs(broken);
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_taken_for_a_failure_of_the_dependency(CallMode mode) throws Exception {
      chaos.inject(Fault.error(1));
      Breaker breaker = Breaker.builder("payments").consecutiveFailures(3).build();
      run(
          () -> {
            for (int i = 0; i < 3; i++) {
              catchThrowable(() -> call(mode, Resilience.of(breaker, chaos), root));
            }
            return null;
          });
      assertThat(breaker.snapshot().state()).isEqualTo(Circuit.OPEN);
    }
  }

  @Nested
  class Rejection {

    @ParameterizedTest
    @EnumSource
    void says_nothing_of_the_dependency(CallMode mode) throws Exception {
      chaos.inject(Fault.reject(1));
      Breaker breaker = Breaker.builder("payments").consecutiveFailures(3).build();
      run(
          () -> {
            for (int i = 0; i < 5; i++) {
              assertThatThrownBy(() -> call(mode, Resilience.of(breaker, chaos), root))
                  .isInstanceOf(InjectedRejectionException.class);
            }
            return null;
          });
      assertThat(dispatched).hasValue(0);
      assertThat(breaker.snapshot().state()).isEqualTo(Circuit.CLOSED);
    }
  }

  @Nested
  class Result {

    @ParameterizedTest
    @EnumSource
    void stands_in_for_the_answer(CallMode mode) throws Exception {
      chaos.inject(Fault.result(1, () -> "made up"));
      run(
          () -> {
            assertThat(call(mode, root)).isEqualTo("made up");
            return null;
          });
      assertThat(dispatched).hasValue(0);
    }
  }

  @Nested
  class Slow {

    @ParameterizedTest
    @EnumSource
    void delays_the_call(CallMode mode) throws Exception {
      chaos.inject(Fault.slow(1, ofMillis(400)));
      run(
          () -> {
            assertThat(call(mode, root)).isEqualTo("answer");
            assertThat(time.elapsed()).isEqualTo(ofMillis(400));
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void is_spread_between_its_bounds(CallMode mode) throws Exception {
      chaos.inject(Fault.slow(1, ofMillis(100), ofMillis(200)));
      run(
          () -> {
            long before = time.elapsed().toMillis();
            List<Long> taken = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
              call(mode, root);
              taken.add(time.elapsed().toMillis() - before);
              before = time.elapsed().toMillis();
            }
            assertThat(taken).allSatisfy(millis -> assertThat(millis).isBetween(100L, 200L));
            assertThat(taken.stream().distinct().count()).isGreaterThan(10);
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void ends_at_the_callers_deadline_and_reaches_nobody(CallMode mode) throws Exception {
      chaos.inject(Fault.slow(1, ofSeconds(10)));
      run(
          () -> {
            try (var ctx = root.withTimeout(ofSeconds(1))) {
              assertThatThrownBy(() -> call(mode, ctx))
                  .isInstanceOf(DeadlineExceededException.class);
            }
            assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
            return null;
          });
      assertThat(dispatched).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void is_cut_off_by_a_time_out_around_it(CallMode mode) throws Exception {
      chaos.inject(Fault.slow(1, ofSeconds(10)));
      run(
          () -> {
            Resilience stack = Resilience.of(FixedTimeout.of(ofMillis(300)), chaos);
            assertThatThrownBy(() -> call(mode, stack, root))
                .isInstanceOf(AttemptTimeoutException.class);
            assertThat(time.elapsed()).isEqualTo(ofMillis(300));
            return null;
          });
    }
  }

  @Nested
  class Hang {

    @ParameterizedTest
    @EnumSource
    void lasts_until_the_deadline(CallMode mode) throws Exception {
      chaos.inject(Fault.hang(1));
      run(
          () -> {
            try (var ctx = root.withTimeout(ofSeconds(2))) {
              assertThatThrownBy(() -> call(mode, ctx))
                  .isInstanceOf(DeadlineExceededException.class);
            }
            assertThat(time.elapsed()).isEqualTo(ofSeconds(2));
            return null;
          });
      assertThat(dispatched).hasValue(0);
    }

    @ParameterizedTest
    @EnumSource
    void lasts_until_the_caller_leaves(CallMode mode) throws Exception {
      chaos.inject(Fault.hang(1));
      run(
          () -> {
            try (var ctx = root.withCancel()) {
              time.start(
                  "leaves",
                  () -> {
                    root.sleep(ofSeconds(1));
                    ctx.cancel();
                  });
              assertThatThrownBy(() -> call(mode, ctx))
                  .isInstanceOf(ContextCancelledException.class);
            }
            assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void goes_on_to_the_dependency_when_the_faults_are_cleared(CallMode mode) throws Exception {
      goes_on_when(mode, chaos::clear);
    }

    @ParameterizedTest
    @EnumSource
    void goes_on_to_the_dependency_when_switched_off(CallMode mode) throws Exception {
      goes_on_when(mode, chaos::switchOff);
    }

    private void goes_on_when(CallMode mode, Runnable change) throws Exception {
      chaos.inject(Fault.hang(1));
      run(
          () -> {
            time.start(
                "operator",
                () -> {
                  root.sleep(ofSeconds(3));
                  assertThat(chaos.snapshot().waiting()).isEqualTo(1);
                  change.run();
                });
            assertThat(call(mode, root)).isEqualTo("answer");
            assertThat(time.elapsed()).isEqualTo(ofSeconds(3));
            return null;
          });
    }

    @Test
    void ends_with_an_interrupt_from_outside_which_is_kept() throws Exception {
      chaos.inject(Fault.hang(1));
      run(
          () -> {
            Thread caller = Thread.currentThread();
            time.start(
                "outside",
                () -> {
                  root.sleep(ofSeconds(1));
                  caller.interrupt();
                });
            assertThatThrownBy(() -> call(CallMode.BLOCKING, root))
                .isInstanceOf(CallInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            return null;
          });
    }
  }

  @Nested
  class Behaviour {

    @ParameterizedTest
    @EnumSource
    void runs_before_the_call(CallMode mode) throws Exception {
      List<String> log = new ArrayList<>();
      chaos.inject(Fault.behaviour(1, ctx -> log.add("evicted, " + dispatched)));
      run(() -> call(mode, root));
      assertThat(log).containsExactly("evicted, 0");
      assertThat(dispatched).hasValue(1);
    }

    @ParameterizedTest
    @EnumSource
    void that_throws_fails_the_call(CallMode mode) throws Exception {
      Exception failure = new IOException("disk full");
      chaos.inject(
          Fault.behaviour(
              1,
              ctx -> {
                throw failure;
              }));
      run(
          () -> {
            assertThatThrownBy(() -> call(mode, root)).isSameAs(failure);
            return null;
          });
    }
  }

  @Nested
  class Rate {

    @ParameterizedTest
    @EnumSource
    void is_the_share_of_the_calls(CallMode mode) throws Exception {
      chaos.inject(Fault.error(0.2), Fault.reject(0.1));
      run(
          () -> {
            for (int i = 0; i < 5_000; i++) {
              catchThrowable(() -> call(mode, root));
            }
            return null;
          });
      ChaosSnapshot now = chaos.snapshot();
      assertThat(now.injected(Fault.Kind.ERROR) / 5_000.0).isCloseTo(0.2, within(0.02));
      assertThat(now.injected(Fault.Kind.REJECT) / 5_000.0).isCloseTo(0.1, within(0.02));
      assertThat(dispatched.get()).isEqualTo(5_000 - (int) now.injected());
      assertThat(events).hasSize((int) now.injected());
    }

    @Test
    void hits_the_same_calls_of_the_same_seed() throws Exception {
      assertThat(hitsUnder(42)).isEqualTo(hitsUnder(42)).isNotEqualTo(hitsUnder(43));
    }

    private List<Integer> hitsUnder(long seed) throws Exception {
      var virtual = VirtualTime.automatic(seed);
      Chaos some = Chaos.builder("some").faults(Fault.error(0.3)).build();
      List<Integer> hits = new ArrayList<>();
      virtual.run(
          () -> {
            for (int i = 0; i < 100; i++) {
              if (catchThrowable(
                      () -> Resilience.of(some).call(Context.background(virtual), c -> "answer"))
                  != null) {
                hits.add(i);
              }
            }
            return null;
          });
      assertThat(hits).isNotEmpty();
      return hits;
    }

    @Test
    void is_refused_outside_of_0_to_1() {
      assertThatThrownBy(() -> Fault.error(1.1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("rate: 1.1 (expected: 0 to 1)");
      assertThatThrownBy(() -> Fault.hang(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Nothing changes when a change is refused. */
    @Test
    void of_all_faults_together_is_at_most_1() {
      chaos.inject(Fault.error(0.5));
      assertThatThrownBy(() -> chaos.inject(Fault.error(0.6), Fault.hang(0.5)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("faults: rates that add up to 1.1 (expected: at most 1");
      assertThat(chaos.snapshot().faults())
          .singleElement()
          .hasToString("error, 50.0 % of the calls");
    }
  }

  @Nested
  class Switch {

    @ParameterizedTest
    @EnumSource
    void off_keeps_the_faults_and_on_brings_them_back(CallMode mode) throws Exception {
      chaos.inject(Fault.error(1));
      run(
          () -> {
            chaos.switchOff();
            assertThat(call(mode, root)).isEqualTo("answer");
            assertThat(chaos.snapshot().isOn()).isFalse();
            assertThat(chaos.snapshot().faults()).hasSize(1);
            chaos.switchOn();
            assertThatThrownBy(() -> call(mode, root)).isInstanceOf(InjectedFailureException.class);
            return null;
          });
    }

    @ParameterizedTest
    @EnumSource
    void by_the_property_is_final(CallMode mode) throws Exception {
      System.setProperty(Chaos.PROPERTY, "off");
      Chaos forbidden = Chaos.builder("payments").faults(Fault.error(1)).build();
      System.clearProperty(Chaos.PROPERTY);
      forbidden.switchOn();
      forbidden.inject(Fault.hang(1));
      run(
          () -> {
            assertThat(call(mode, Resilience.of(forbidden), root)).isEqualTo("answer");
            return null;
          });
      assertThat(forbidden.isOn()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource
  void only_chosen_calls_are_hit(CallMode mode) throws Exception {
    Chaos chosen =
        Chaos.builder("payments").onlyIf(ctx -> ctx.has(TEST_USER)).faults(Fault.error(1)).build();
    run(
        () -> {
          Resilience stack = Resilience.of(chosen);
          assertThat(call(mode, stack, root)).isEqualTo("answer");
          assertThatThrownBy(() -> call(mode, stack, root.withValue(TEST_USER, true)))
              .isInstanceOf(InjectedFailureException.class);
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource
  void every_injected_fault_is_in_the_report_of_the_call(CallMode mode) throws Exception {
    chaos.inject(Fault.slow(1, ofMillis(20)));
    List<CallReport> reports = new ArrayList<>();
    Retry retry =
        Retry.builder("twice").maxAttempts(2).backoff(Backoff.constant(ofMillis(10))).build();
    run(
        () -> {
          Resilience stack = Resilience.of(retry, chaos).withReports(reports::add);
          call(mode, stack, root);
          chaos.inject(Fault.error(1));
          catchThrowable(() -> call(mode, stack, root));
          return null;
        });
    assertThat(reports).hasSize(2);
    assertThat(reports.get(0).toTree()).contains("payments: injected: slow by 20 ms");
    assertThat(reports.get(1).toTree().split("payments: injected: error", -1)).hasSize(3);
    assertThat(events)
        .containsExactly(
            new FaultInjected("payments", "slow by 20 ms"),
            new FaultInjected("payments", "error"),
            new FaultInjected("payments", "error"));
  }
}
