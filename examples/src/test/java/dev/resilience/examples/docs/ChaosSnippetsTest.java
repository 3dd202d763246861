package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.chaos.Chaos;
import dev.resilience.chaos.Fault;
import dev.resilience.context.Context;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import org.junit.jupiter.api.Test;

/** What the page on fault injection shows. */
class ChaosSnippetsTest {

  private final Retry retry = Retry.ofDefaults();
  private final Breaker breaker = Breaker.builder("payments").build();
  private final FixedTimeout timeout = FixedTimeout.of(ofMillis(300));

  @Test
  void chaos() throws Exception {
    Chaos chaos = Chaos.of("payments");
    Resilience payments = Resilience.of(retry, breaker, timeout, chaos);

    chaos.inject(Fault.slow(0.5, ofMillis(400)), Fault.error(0.2));

    var time = VirtualTime.automatic(1);
    time.run(
        () -> {
          for (int i = 0; i < 20; i++) {
            try {
              payments.call(Context.background(time), c -> "paid");
            } catch (RuntimeException hit) {
              assertThat(hit).isNotNull();
            }
          }
          return null;
        });
    assertThat(chaos.snapshot().injected()).isPositive();
  }
}
