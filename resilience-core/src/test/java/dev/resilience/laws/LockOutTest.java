package dev.resilience.laws;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.Schedules;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.CancellableContext;
import dev.resilience.context.Context;
import dev.resilience.error.AttemptTimeoutException;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.observe.PolicyEvent.Circuit;
import dev.resilience.observe.PolicyEvent.CircuitChanged;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Breaker and time-out do not lock each other out, nor do callers in a hurry. */
class LockOutTest {

  @Nested
  class A_breaker_around_an_adaptive_time_out {

    private final VirtualTime.Automatic time = VirtualTime.automatic(42);
    private final Context root = Context.background(time);
    private final AdaptiveTimeout timeout =
        AdaptiveTimeout.builder("quotes").between(ofMillis(50), ofSeconds(2)).build();
    private int ok;
    private int rejected;
    private int timedOut;
    private int okInTheLastMinute;

    private void calls(int threads, Duration length, boolean wired, Latency latency)
        throws Exception {
      Breaker.Builder breaker = Breaker.builder("quotes");
      if (wired) {
        breaker.listener(timeout.circuitListener());
      }
      Resilience quotes = Resilience.of(breaker.build(), timeout);
      time.run(
          () -> {
            for (int i = 0; i < threads; i++) {
              time.start("caller-" + i, () -> call(quotes, length, latency));
            }
            return null;
          });
    }

    private void call(Resilience quotes, Duration length, Latency latency) throws Exception {
      while (time.elapsed().compareTo(length) < 0) {
        boolean last = time.elapsed().compareTo(length.minus(ofMinutes(1))) >= 0;
        Duration takes = latency.at(time.elapsed());
        try (CancellableContext ctx = root.withTimeout(ofSeconds(5))) {
          quotes.run(ctx, c -> c.sleep(takes));
          ok++;
          okInTheLastMinute += last ? 1 : 0;
        } catch (CircuitOpenException open) {
          rejected++;
          root.sleep(ofMillis(100));
        } catch (AttemptTimeoutException tooSlow) {
          timedOut++;
        }
      }
    }

    @ParameterizedTest
    @CsvSource({"1, 40", "4, 80", "16, 150", "4, 250", "16, 400", "1, 800", "4, 1500"})
    void lets_every_call_through_to_a_service_that_was_always_so_slow(int threads, int millis)
        throws Exception {
      for (boolean wired : new boolean[] {true, false}) {
        calls(threads, ofMinutes(1), wired, now -> ofMillis(millis));
      }

      assertThat(ok).isPositive();
      assertThat(rejected).isZero();
      assertThat(timedOut).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void follows_a_service_that_turns_three_times_slower_for_good(boolean wired) throws Exception {
      calls(
          4,
          ofMinutes(5),
          wired,
          now -> {
            double usual = 50 + 20 * time.random().nextDouble();
            return ofMillis((long) (now.compareTo(ofMinutes(2)) >= 0 ? 3 * usual : usual));
          });

      assertThat(rejected).isZero();
      assertThat(timedOut).as("until the limit has grown").isBetween(1, 20);
      assertThat(okInTheLastMinute).isGreaterThan(1000);
    }
  }

  /** How long an answer takes. */
  @FunctionalInterface
  private interface Latency {
    Duration at(Duration now);
  }

  @Nested
  class A_retry_that_waits_for_an_open_circuit {

    /** The service is down for 1.5 s, and from then on answers in 450 ms instead of 60. */
    private static final Duration DOWN_AT = ofSeconds(1);

    private static final Duration WELL_AT = ofMillis(2500);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void does_not_send_callers_without_time_as_probes(long seed) throws Exception {
      VirtualTime.Automatic time = VirtualTime.automatic(seed);
      List<CircuitChanged> afterwards = new ArrayList<>();
      Retry retry =
          Retry.builder()
              .maxAttempts(3)
              .maxRejections(10)
              .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
              .build();
      Breaker breaker =
          Breaker.builder("quotes")
              .openFor(ofSeconds(1))
              .halfOpenPermits(3)
              .closeAfter(3)
              .listener(
                  event -> {
                    boolean isWell = time.elapsed().compareTo(WELL_AT.plus(ofMillis(450))) >= 0;
                    if (isWell && event instanceof CircuitChanged change) {
                      afterwards.add(change);
                    }
                  })
              .build();
      Resilience stack = Resilience.of(retry, breaker, FixedTimeout.of(ofMillis(500)));
      time.run(
          () -> {
            for (int i = 0; i < 300; i++) {
              Duration comes = ofMillis(20L * i);
              time.start("caller-" + i, () -> call(time, stack, comes));
            }
            return null;
          });

      assertThat(afterwards)
          .as("once the service was well again")
          .noneMatch(change -> change.to() == Circuit.OPEN);
      assertThat(breaker.state()).isEqualTo(Circuit.CLOSED);
    }

    private void call(VirtualTime time, Resilience stack, Duration comes) throws Exception {
      Context root = Context.background(time);
      root.sleep(comes);
      try (CancellableContext ctx = root.withTimeout(ofSeconds(1))) {
        stack.run(
            ctx,
            c -> {
              Duration now = time.elapsed();
              if (now.compareTo(DOWN_AT) >= 0 && now.compareTo(WELL_AT) < 0) {
                throw new IOException("down");
              }
              c.sleep(ofMillis(now.compareTo(DOWN_AT) < 0 ? 60 : 450));
            });
      } catch (IOException | RuntimeException failed) {
        // What becomes of the circuit is looked at, not what becomes of the call.
      }
    }
  }

  @Test
  void nothing_locks_itself_out_whatever_the_latency() {
    Schedules.check(3_000, (seed, random) -> new World(seed).run());
  }
}
