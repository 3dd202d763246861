package dev.resilience.breaker;

import static dev.resilience.observe.PolicyEvent.Circuit.CLOSED;
import static dev.resilience.observe.PolicyEvent.Circuit.OPEN;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.policy.CallMode;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Slowness is not failure: what time-outs and expired deadlines do to a circuit. */
class SlownessTest {

  private final VirtualTime.Manual time = VirtualTime.manual();
  private final Context root = Context.background(time);
  private final List<PolicyEvent> events = new ArrayList<>();

  private Breaker.Builder builder() {
    return Breaker.builder("payments").listener(events::add);
  }

  private void timesOut(CallMode mode, Breaker breaker) {
    catchThrowable(
        () ->
            mode.call(
                Resilience.of(breaker),
                root,
                c -> {
                  throw new AttemptTimeoutException("limit", ofMillis(100));
                }));
  }

  private void expires(CallMode mode, Breaker breaker) {
    try (var caller = root.withTimeout(ofMillis(300))) {
      catchThrowable(
          () ->
              mode.call(
                  Resilience.of(breaker),
                  caller,
                  c -> {
                    time.advance(ofMillis(300));
                    throw new IOException("read timed out");
                  }));
    }
  }

  private void succeeds(CallMode mode, Breaker breaker) throws Exception {
    mode.call(Resilience.of(breaker), root, c -> "well");
  }

  @ParameterizedTest
  @EnumSource
  void a_circuit_stays_closed_while_half_of_the_calls_get_through(CallMode mode) throws Exception {
    var breaker = builder().build();
    for (int i = 0; i < 100; i++) {
      expires(mode, breaker);
      timesOut(mode, breaker);
      succeeds(mode, breaker);
      succeeds(mode, breaker);
    }

    assertThat(events).isEmpty();
    assertThat(breaker.snapshot().windowTimedOut()).isEqualTo(10);
    assertThat(breaker.snapshot().timedOut()).isEqualTo(200);
    assertThat(breaker.snapshot().failed()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void it_stays_closed_when_a_burst_of_calls_times_out_in_a_pause(CallMode mode) throws Exception {
    var breaker = builder().build();
    for (int i = 0; i < 1000; i++) {
      timesOut(mode, breaker);
      time.advance(Duration.ofNanos(400_000));
    }
    succeeds(mode, breaker);
    succeeds(mode, breaker);
    time.advance(ofSeconds(5));
    for (int i = 0; i < 1000; i++) {
      timesOut(mode, breaker);
      time.advance(Duration.ofNanos(400_000));
    }

    assertThat(events).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void it_opens_when_next_to_nothing_got_through_for_half_a_second(CallMode mode) {
    var breaker = builder().build();
    for (int i = 0; i < 10; i++) {
      timesOut(mode, breaker);
    }
    time.advance(ofMillis(500).minusNanos(1));
    timesOut(mode, breaker);
    assertThat(breaker.state()).isEqualTo(CLOSED);

    time.advance(Duration.ofNanos(1));
    timesOut(mode, breaker);

    assertThat(events)
        .containsExactly(
            new CircuitChanged("payments", CLOSED, OPEN, "12 of 12 calls timed out, 0 succeeded"));
  }

  @ParameterizedTest
  @EnumSource
  void an_expired_deadline_is_like_a_time_out(CallMode mode) {
    var breaker = builder().build();
    while (breaker.state() == CLOSED && breaker.snapshot().timedOut() < 50) {
      expires(mode, breaker);
    }

    assertThat(breaker.state()).isEqualTo(OPEN);
    assertThat(breaker.snapshot().timedOut()).as("10 for the rate, 2 more of 300 ms").isEqualTo(12);
  }

  @ParameterizedTest
  @EnumSource
  void it_opens_at_the_rate_of_failures_where_that_is_asked_for(CallMode mode) {
    var breaker = builder().countTimeoutsAsFailures().build();
    for (int i = 0; i < 10; i++) {
      timesOut(mode, breaker);
    }

    assertThat(events)
        .containsExactly(new CircuitChanged("payments", CLOSED, OPEN, "10 of 10 calls failed"));
  }

  @Test
  void how_long_nothing_may_get_through_can_be_chosen() {
    var breaker = builder().timeoutsOpenAfter(Duration.ZERO).build();
    for (int i = 0; i < 11; i++) {
      assertThat(breaker.state()).isEqualTo(CLOSED);
      timesOut(CallMode.BLOCKING, breaker);
    }

    assertThat(breaker.state()).isEqualTo(OPEN);
  }

  @ParameterizedTest
  @EnumSource
  void a_probe_that_times_out_opens_it_again(CallMode mode) {
    var breaker = builder().countTimeoutsAsFailures().window(1).build();
    timesOut(mode, breaker);
    time.advance(ofSeconds(10));

    timesOut(mode, breaker);

    assertThat(breaker.state()).isEqualTo(OPEN);
    assertThat(breaker.snapshot().opened()).isEqualTo(2);
  }
}
