package dev.resilience.breaker;

import static dev.resilience.observe.PolicyEvent.Circuit.CLOSED;
import static dev.resilience.observe.PolicyEvent.Circuit.HALF_OPEN;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.policy.CallMode;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A half-open circuit is probed only by calls that have time for an answer. */
class ProbeTimeTest {

  private static final Duration OPEN_FOR = ofSeconds(5);

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final Breaker breaker =
      Breaker.builder("payments").consecutiveFailures(1).openFor(OPEN_FOR).build();

  private Throwable call(CallMode mode, Context ctx, Duration takes, ContextPolicy... policies) {
    return catchThrowable(
        () ->
            mode.call(
                Resilience.of(policies),
                ctx,
                c -> {
                  time.advance(takes);
                  return "well";
                }));
  }

  private Throwable callWith(CallMode mode, Duration left, ContextPolicy... policies) {
    try (var caller = root.withTimeout(left)) {
      return call(mode, caller, Duration.ZERO, policies);
    }
  }

  private void open() {
    assertThat(
            catchThrowable(
                () ->
                    Resilience.of(breaker)
                        .run(
                            root,
                            c -> {
                              throw new IOException("down");
                            })))
        .hasMessage("down");
    time.advance(OPEN_FOR);
  }

  @ParameterizedTest
  @EnumSource
  void a_probe_has_the_whole_time_out_inside_left(CallMode mode) {
    ContextPolicy[] stack = {breaker, FixedTimeout.of(ofMillis(500)), FixedTimeout.of(OPEN_FOR)};
    open();

    assertThat(callWith(mode, ofMillis(500).minusNanos(1), stack))
        .isInstanceOf(CircuitOpenException.class);
    assertThat(breaker.state()).isEqualTo(HALF_OPEN);
    assertThat(breaker.snapshot().rejected()).isEqualTo(1);

    assertThat(callWith(mode, ofMillis(500), stack)).isNull();
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  void or_twice_the_usual_duration_where_there_is_none(CallMode mode) {
    for (int i = 0; i < 5; i++) {
      assertThat(call(mode, root, ofMillis(100), breaker)).isNull();
    }
    open();

    assertThat(callWith(mode, ofMillis(199), breaker)).isInstanceOf(CircuitOpenException.class);
    assertThat(callWith(mode, ofMillis(200), breaker)).isNull();
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @ParameterizedTest
  @EnumSource
  void a_caller_without_a_deadline_may_probe_at_once(CallMode mode) {
    open();

    assertThat(call(mode, root, Duration.ZERO, breaker, FixedTimeout.of(OPEN_FOR))).isNull();
  }

  @Test
  void where_nobody_has_that_much_less_and_less_is_asked_for() {
    ContextPolicy[] stack = {breaker, FixedTimeout.of(ofSeconds(2))};
    open();

    assertThat(callWith(CallMode.BLOCKING, ofMillis(300), stack)).isNotNull();
    time.advance(ofSeconds(1));
    assertThat(callWith(CallMode.BLOCKING, ofMillis(300), stack)).as("of 500 ms").isNotNull();
    time.advance(ofMillis(500));
    assertThat(callWith(CallMode.BLOCKING, ofMillis(300), stack)).as("of 250 ms").isNull();
    assertThat(breaker.state()).isEqualTo(CLOSED);
  }

  @Test
  void a_probe_that_its_caller_cut_off_makes_the_next_one_need_more() {
    open();
    try (var hurried = root.withTimeout(ofMillis(50))) {
      assertThat(call(CallMode.BLOCKING, hurried, ofMillis(100), breaker)).isNull();
    }
    assertThat(breaker.state()).as("an answer is an answer").isEqualTo(CLOSED);
    open();

    assertThat(callWith(CallMode.BLOCKING, ofMillis(150), breaker)).isNotNull();
    assertThat(callWith(CallMode.BLOCKING, ofMillis(200), breaker)).isNull();
  }
}
