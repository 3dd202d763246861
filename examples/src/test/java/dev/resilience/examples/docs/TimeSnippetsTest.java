package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.budget.BudgetReport.PhaseReport;
import dev.resilience.budget.Phase;
import dev.resilience.budget.TimeBudget;
import dev.resilience.context.Context;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.AdaptiveTimeout;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The blocks of docs/adaptive-timeout.md and docs/time-budget.md. */
class TimeSnippetsTest {

  static final Phase AUTH = Phase.of("auth", 10);
  static final Phase QUOTE = Phase.of("quote", 70);
  static final Phase RENDER = Phase.of("render", 20);
  static final TimeBudget PAGE = TimeBudget.of(AUTH, QUOTE, RENDER);

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Retry retry = Retry.ofDefaults();

  private static String fetch(Context ctx, String what) throws InterruptedException {
    ctx.sleep(ofMillis(10));
    return what;
  }

  @Test
  void an_adaptive_timeout() throws Exception {
    Context ctx = Context.background(time);
    time.run(
        () -> {
          var timeout =
              AdaptiveTimeout.builder("quotes")
                  .percentile(0.95)
                  .multiplier(2)
                  .between(ofMillis(50), ofSeconds(2))
                  .build();
          var breaker = Breaker.builder("quotes").listener(timeout.circuitListener()).build();

          var quotes = Resilience.of(retry, breaker, timeout);
          String quote = quotes.call(ctx, c -> fetch(c, "quote"));
          Duration now = timeout.limit(); // timeout.snapshot() has the numbers behind it
          assertThat(quote).isEqualTo("quote");
          assertThat(now).isEqualTo(ofSeconds(2));
          return null;
        });
  }

  @Test
  void a_time_budget() throws Exception {
    time.run(
        () -> {
          try (var ctx = Context.background(time).withTimeout(ofSeconds(1))) {
            assertThat(page(ctx)).isEqualTo("page for user");
          }
          return null;
        });
  }

  private static String page(Context ctx) throws Exception {
    try (var spend = PAGE.start(ctx)) { // 1 s left
      var user = spend.call(AUTH, c -> fetch(c, "user")); // given 100 ms, uses 10
      var price = spend.call(QUOTE, c -> fetch(c, "price")); // given 770 ms
      assertThat(spend.report().phases())
          .extracting(PhaseReport::given)
          .startsWith(ofMillis(100), ofMillis(770));
      assertThat(price).isEqualTo("price");
      return spend.call(RENDER, c -> "page for " + user); // given all that is left
    }
  }
}
