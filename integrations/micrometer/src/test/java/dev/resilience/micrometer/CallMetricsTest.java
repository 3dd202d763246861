package dev.resilience.micrometer;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.context.Context;
import dev.resilience.fallback.Fallbacks;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import dev.resilience.timeout.FixedTimeout;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CallMetricsTest {

  private final VirtualTime.Automatic time = VirtualTime.automatic(1);
  private final Context root = Context.background(time);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final CallMetrics metrics = CallMetrics.of(registry);

  private double count(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  private Timer calls(String stack, String outcome) {
    return registry.get("resilience.calls").tags("stack", stack, "outcome", outcome).timer();
  }

  private void run(Resilience stack, int millis, boolean fails) throws Exception {
    time.run(
        () -> {
          catchThrowable(
              () ->
                  stack.call(
                      root.withTimeout(ofSeconds(10)),
                      c -> {
                        c.sleep(ofMillis(millis));
                        if (fails) {
                          throw new IOException("down");
                        }
                        return "fine";
                      }));
          return null;
        });
  }

  @Test
  void successes_are_timed_too() throws Exception {
    Resilience quotes = Resilience.of().named("quotes").withListener(metrics);
    run(quotes, 30, false);
    run(quotes, 50, false);
    run(quotes, 70, true);

    assertThat(calls("quotes", "success").count()).isEqualTo(2);
    assertThat(calls("quotes", "success").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(80);
    assertThat(calls("quotes", "failure").max(TimeUnit.MILLISECONDS)).isEqualTo(70);
  }

  @Test
  void retries_are_counted_with_their_waits() throws Exception {
    AtomicInteger attempts = new AtomicInteger();
    Resilience stack =
        Resilience.of(
            Retry.builder("quotes")
                .maxAttempts(2)
                .backoff(Backoff.constant(ofMillis(50)))
                .listener(metrics)
                .build());
    time.run(
        () ->
            stack.call(
                root,
                c -> {
                  if (attempts.getAndIncrement() == 0) {
                    throw new IOException("down");
                  }
                  return "fine";
                }));
    run(stack, 0, true);

    assertThat(count("resilience.retries", "policy", "quotes")).isEqualTo(2);
    assertThat(count("resilience.retry.calls", "policy", "quotes", "outcome", "success"))
        .isEqualTo(1);
    assertThat(count("resilience.retry.calls", "policy", "quotes", "outcome", "failure"))
        .isEqualTo(1);
    assertThat(registry.get("resilience.retry.waits").timer().totalTime(TimeUnit.MILLISECONDS))
        .isEqualTo(100);
  }

  @Test
  void time_outs_circuits_rejections_and_fallbacks_are_counted() throws Exception {
    Breaker breaker =
        Breaker.builder("quotes")
            .consecutiveFailures(2)
            .openFor(ofSeconds(5))
            .listener(metrics)
            .build();
    FixedTimeout timeout = FixedTimeout.builder("quotes", ofMillis(100)).listener(metrics).build();
    Resilience stack = Resilience.of(breaker, timeout);
    run(stack, 500, false);
    run(stack, 10, true);
    run(stack, 10, true);
    time.run(
        () ->
            stack
                .withFallback(Fallbacks.<String>onOpenCircuit((c, e) -> "none").listener(metrics))
                .call(root, c -> "never asked"));

    assertThat(count("resilience.timeouts", "policy", "quotes")).isEqualTo(1);
    assertThat(count("resilience.circuit.changes", "policy", "quotes", "to", "open")).isEqualTo(1);
    assertThat(registry.get("resilience.fallbacks").tags("outcome", "success").counter().count())
        .isEqualTo(1);
  }

  @Test
  void a_full_limit_says_so() {
    ConcurrencyLimit limit = ConcurrencyLimit.builder("bulk", 1).listener(metrics).build();
    Resilience stack = Resilience.of(limit);
    stack.run(root, c -> assertThat(catchThrowable(() -> stack.run(root, d -> {}))).isNotNull());

    assertThat(count("resilience.rejections", "policy", "bulk", "reason", "concurrency_limit"))
        .isEqualTo(1);
  }

  @Test
  void names_without_end_make_series_with_an_end() {
    CallMetrics few = CallMetrics.builder().maxNames(10).build(registry);
    for (int i = 0; i < 1000; i++) {
      Resilience.of().named("stack-" + i).withListener(few).run(root, c -> {});
    }

    assertThat(registry.find("resilience.calls").timers()).hasSize(11);
    assertThat(calls("other", "success").count()).isEqualTo(990);
    assertThat(calls("stack-3", "success").count()).isEqualTo(1);
  }
}
