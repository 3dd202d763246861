package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Preset;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.observe.PolicyEvent;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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

    show(payments.call(Context.background(), ctx -> api.quote(ctx, order)));
    assertThat(shown).isEqualTo(new Quote("order"));
  }

  @Test
  void call_through_a_preset() throws IOException {
    String order = "order";
    Api api = new Api();

    var quotes = Resilience.forHttp("quotes");

    try (var request = Context.background().withTimeout(ofSeconds(2))) {
      show(quotes.call(request, ctx -> api.quote(ctx, order)));
    }
    assertThat(shown).isEqualTo(new Quote("order"));
  }

  @Test
  void change_parts_of_a_preset() throws IOException {
    List<PolicyEvent> log = new ArrayList<>();
    Api api = new Api();

    var payments =
        Preset.http("payments")
            .unrepeatable()
            .breaker(b -> b.consecutiveFailures(5))
            .listener(log::add)
            .build();

    show(payments.call(Context.background(), ctx -> api.quote(ctx, "order")));
    assertThat(shown).isEqualTo(new Quote("order"));
    assertThat(log).hasSize(1);
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
