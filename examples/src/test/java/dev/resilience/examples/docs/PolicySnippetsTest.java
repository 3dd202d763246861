package dev.resilience.examples.docs;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.Fallback;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.breaker.BreakerPermit;
import dev.resilience.context.Context;
import dev.resilience.failsafe.FailsafePolicies;
import dev.resilience.policy.RetryBudget;
import dev.resilience.retry.Backoff;
import dev.resilience.retry.Retry;
import dev.resilience.time.VirtualTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the pages on retry, breaker and Failsafe show. */
class PolicySnippetsTest {

  private final Context ctx = Context.background();
  private final Api api = c -> "quote";

  private interface Api {
    String quote(Context ctx);
  }

  @Test
  void retry() {
    var retry =
        Retry.builder()
            .maxAttempts(4)
            .backoff(Backoff.exponential(ofMillis(50), ofSeconds(1)).withFullJitter())
            .budget(RetryBudget.ratio(0.2))
            .build();
    String quote = Resilience.of(retry).call(ctx, c -> api.quote(c));

    assertThat(quote).isEqualTo("quote");
  }

  private static final class ServerBusyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Duration retryAfter() {
      return ofMillis(20);
    }
  }

  @Test
  void a_server_that_says_when() throws Exception {
    var polite =
        Retry.builder()
            .retryAfter(ServerBusyException.class, e -> Optional.of(e.retryAfter()))
            .build();

    var calls = new AtomicInteger();
    var time = VirtualTime.automatic(1);
    var answer =
        time.run(
            () ->
                Resilience.of(polite)
                    .call(
                        Context.background(time),
                        c -> {
                          if (calls.getAndIncrement() == 0) {
                            throw new ServerBusyException();
                          }
                          return "quote";
                        }));

    assertThat(answer).isEqualTo("quote");
    assertThat(time.elapsed()).isBetween(ofMillis(20), ofMillis(22));
  }

  @Test
  void adopted() {
    RetryPolicy<String> theirRetryPolicy = RetryPolicy.ofDefaults();

    Retry adopted = Retry.of(theirRetryPolicy);

    assertThat(Resilience.of(adopted).call(ctx, api::quote)).isEqualTo("quote");
  }

  @Test
  void breaker() {
    var breaker =
        Breaker.builder("payments")
            .failureRate(0.5)
            .window(ofSeconds(30))
            .minimumCalls(20)
            .slowCallRate(0.8, ofSeconds(2))
            .openFor(ofSeconds(5))
            .build();
    String quote = Resilience.of(breaker).call(ctx, c -> api.quote(c));

    assertThat(quote).isEqualTo("quote");
  }

  @Test
  void breaker_by_hand() {
    var breaker = Breaker.builder("payments").countSuccesses().build();
    try (BreakerPermit permit = breaker.acquire(ctx)) {
      try {
        permit.recordResult(api.quote(ctx));
      } catch (Exception e) {
        permit.recordFailure(e);
        throw e;
      }
    }

    assertThat(breaker.snapshot().succeeded()).hasValue(1);
  }

  @Test
  void theirs_in_a_stack_of_ours() {
    var fallback = Fallback.<String>of("none");
    var retryPolicy = RetryPolicy.<String>ofDefaults();
    var circuitBreaker = CircuitBreaker.<String>ofDefaults();
    var bulkhead = Bulkhead.<String>of(10);
    var timeout = Timeout.<String>of(ofSeconds(1));

    var theirs = FailsafePolicies.policy(fallback, retryPolicy, circuitBreaker, bulkhead, timeout);
    String quote = Resilience.of(theirs).call(ctx, c -> api.quote(c));

    assertThat(quote).isEqualTo("quote");
  }

  @Test
  void ours_in_failsafe() {
    var retry = Retry.ofDefaults();
    var breaker = Breaker.ofDefaults("payments");

    var ours = FailsafePolicies.<String>of(ctx, retry, breaker);
    String quote = Failsafe.with(ours).get(() -> api.quote(ctx));

    assertThat(quote).isEqualTo("quote");
  }
}
