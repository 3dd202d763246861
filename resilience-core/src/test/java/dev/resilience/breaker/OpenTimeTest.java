package dev.resilience.breaker;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.error.CircuitOpenException;
import dev.resilience.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How long a circuit stays open where that grows and is random. */
class OpenTimeTest {

  private VirtualTime.Manual time = VirtualTime.manual();

  private static Breaker breaker() {
    return Breaker.builder("payments")
        .consecutiveFailures(1)
        .openFor(ofSeconds(1), ofSeconds(6))
        .build();
  }

  private Throwable fail(Breaker breaker) {
    return catchThrowable(
        () ->
            Resilience.of(breaker)
                .run(
                    Context.background(time),
                    c -> {
                      throw new IOException("down");
                    }));
  }

  /** Of a circuit that has just opened. */
  private Duration openFor(Breaker breaker) {
    return ((CircuitOpenException) fail(breaker)).retryAfter().orElseThrow();
  }

  @Test
  void it_doubles_at_most_with_each_failed_probe_and_starts_anew_when_it_has_closed() {
    var breaker = breaker();
    for (long atMost : new long[] {2, 4, 6, 6, 6}) {
      fail(breaker);
      Duration open = openFor(breaker);
      assertThat(open).isBetween(ofSeconds(1), ofSeconds(atMost));
      time.advance(open);
    }
    Resilience.of(breaker).run(Context.background(time), c -> {});
    fail(breaker);

    assertThat(openFor(breaker)).isBetween(ofSeconds(1), ofSeconds(2));
  }

  @Test
  void a_hundred_processes_do_not_probe_at_once() {
    Set<Long> tenths = new HashSet<>();
    for (long seed = 0; seed < 100; seed++) {
      time = VirtualTime.manual(seed);
      var breaker = breaker();
      fail(breaker);
      tenths.add(openFor(breaker).toMillis() / 100);
    }

    assertThat(tenths).as("the tenths of the second second").hasSizeGreaterThanOrEqualTo(10);
  }
}
