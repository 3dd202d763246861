package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The blocks of the README. */
class ReadmeSnippetsTest {

  private Quote shown;

  @Test
  void stack_policies_and_call() throws IOException {
    String order = "order";
    Api api = new Api();

    var retry =
        Retry.builder()
            .maxAttempts(4)
            .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
            .build();
    var breaker = Breaker.builder("payments").failureRate(0.5).window(20).build();
    var payments = Resilience.of(retry, breaker, FixedTimeout.of(ofMillis(300))); // outermost first

    try (var request = Context.background().withTimeout(ofSeconds(2))) {
      show(payments.call(request, ctx -> api.quote(ctx, order)));
    }
    assertThat(shown).isEqualTo(new Quote("order"));
  }

  private void show(Quote quote) {
    shown = quote;
  }

  record Quote(String order) {}

  static final class Api {

    Quote quote(Context ctx, String order) throws IOException {
      if (ctx.isDone()) {
        throw new IOException("nobody waits");
      }
      return new Quote(order);
    }
  }
}
