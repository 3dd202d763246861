package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.Resilience;
import dev.resilience.context.Context;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import dev.resilience.timeout.TimeoutMonitor;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The blocks of the pages on fixed time-outs, service time-outs and more time. */
class TimeoutSnippetsTest {

  private final Context ctx = Context.background().withTimeout(ofSeconds(10));
  private final Retry retry = Retry.ofDefaults();

  private static String fetch(Context ctx, String what) {
    return what + " within " + ctx.timeLeft().toSeconds() + " s";
  }

  private static String pay(Context ctx, Duration time) {
    ctx.throwIfDone();
    return "paid within " + time;
  }

  @Test
  void fixed() {
    var timeout = FixedTimeout.builder("quotes", ofMillis(300)).build();
    String quote = Resilience.of(retry, timeout).call(ctx, c -> fetch(c, "quote")); // each attempt
    assertThat(quote).isEqualTo("quote within 0 s");

    var isolated = FixedTimeout.builder("timeout", ofMillis(300)).isolated().maxThreads(64).build();
    assertThat(Resilience.of(isolated).<String, RuntimeException>call(ctx, c -> "quote"))
        .isEqualTo("quote");
  }

  @Test
  void services() {
    var monitor = TimeoutMonitor.create();
    var limits =
        ServiceTimeouts.builder()
            .service("inventory", ofMillis(300))
            .service("payment", ofSeconds(1))
            .otherwise(ofMillis(500))
            .networkOverhead(ofMillis(20))
            .monitor(monitor)
            .build();

    Resilience payments = Resilience.of(retry, limits.forService("payment")); // 1.02 s an attempt
    String paid =
        payments.call(ctx, c -> pay(c, limits.timeFor(c, "payment"))); // tell it what it has
    String fit = monitor.statistics("payment").orElseThrow().toString();
    assertThat(paid).startsWith("paid within PT");
    assertThat(fit).contains("succeeded 1");
  }

  @Test
  void more_time() {
    FixedTimeout timeout = FixedTimeout.of(ofSeconds(2));
    Resilience capture = Resilience.of(MoreTime.atLeast(ofSeconds(3)), retry, timeout);
    String receipt = capture.call(ctx, c -> fetch(c, "receipt"));
    assertThat(receipt).isEqualTo("receipt within 1 s");
    assertThat(capture.warnings()).isEmpty();
  }
}
