package dev.resilience.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.Bulkhead;
import dev.failsafe.CircuitBreaker;
import dev.failsafe.Fallback;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.resilience.Resilience;
import dev.resilience.breaker.Breaker;
import dev.resilience.failsafe.FailsafePolicies;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.AdaptiveTimeout;
import dev.resilience.timeout.FixedTimeout;
import dev.resilience.timeout.MoreTime;
import dev.resilience.timeout.ServiceTimeouts;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stacks of the library's own policies say of their order. */
class RolesTest {

  private final ContextPolicy retry = Retry.ofDefaults();
  private final ContextPolicy breaker = Breaker.ofDefaults("service");
  private final ContextPolicy timeout = FixedTimeout.of(Duration.ofSeconds(1));
  private final ContextPolicy hedge = Hedge.ofDefaults();
  private final ContextPolicy rate = RateLimit.of(10, Duration.ofSeconds(1));
  private final ContextPolicy limit = ConcurrencyLimit.of(10);

  @Test
  void nothing_of_the_usual_order() {
    assertThat(Resilience.of(retry, hedge, breaker, rate, limit, timeout).warnings()).isEmpty();
  }

  @Test
  void what_is_seldom_meant_of_the_opposite_order() {
    // A pair each: of a time-out with a retry and two limits, of both limits, the breaker, the
    // hedge with what is inside them.
    assertThat(Resilience.of(timeout, limit, rate, breaker, hedge, retry).warnings())
        .hasSize(3 + 2 + 2 + 1 + 1)
        .contains(
            breaker
                + " is outside "
                + retry
                + ": all attempts of a call count as one result, a circuit that opens does not stop"
                + " the attempts under way, and one permit of a half-open circuit lets all of them"
                + " through");
  }

  @Test
  void two_retries() {
    assertThat(Resilience.of(retry, Retry.ofDefaults()).warnings()).hasSize(1);
  }

  @Test
  void of_the_three_dangerous_orders() {
    ContextPolicy adaptive = AdaptiveTimeout.ofDefaults("quotes");
    ContextPolicy fallback = FailsafePolicies.policy(Fallback.of("none"));

    assertThat(Resilience.of(retry, fallback).warnings())
        .containsExactly(
            retry
                + " is outside Failsafe's fallback: the retry sees the fallback's answers in place"
                + " of the failures, and never tries again");
    assertThat(Resilience.of(breaker, retry).warnings())
        .singleElement()
        .asString()
        .contains("one permit of a half-open circuit lets all of them through");
    assertThat(Resilience.of(adaptive, retry).warnings())
        .containsExactly(
            adaptive
                + " is outside "
                + retry
                + ": the limit is one for all attempts and the delays between them, and an adaptive"
                + " limit learns from their sum; to limit each attempt, put it inside the retry");
  }

  @Test
  void of_every_time_out_outside_of_retries() {
    ContextPolicy service = ServiceTimeouts.builder().build().forService("payment");
    for (ContextPolicy limit : List.of(timeout, AdaptiveTimeout.ofDefaults("quotes"), service)) {
      assertThat(Resilience.of(limit, retry).warnings()).as("%s", limit).hasSize(1);
      assertThat(Resilience.of(retry, limit).warnings()).as("%s", limit).isEmpty();
    }
  }

  @Test
  void of_more_time_inside_of_a_time_out() {
    ContextPolicy more = MoreTime.atLeast(Duration.ofSeconds(3));

    assertThat(Resilience.of(more, retry, timeout).warnings()).isEmpty();
    assertThat(Resilience.of(retry, timeout, more).warnings())
        .containsExactly(
            timeout
                + " is outside more time (at least 3 s): the limit ends the work all the same;"
                + " more time is to be outermost");
  }

  @Test
  void of_policies_of_failsafes_one_by_one() {
    Bulkhead<Object> bulkhead = Bulkhead.of(3);
    ContextPolicy theirs =
        FailsafePolicies.policy(
            Fallback.of("none"), RetryPolicy.ofDefaults(), CircuitBreaker.ofDefaults(), bulkhead);

    assertThat(Resilience.of(theirs).warnings()).isEmpty();
    assertThat(Resilience.of(retry, theirs).warnings())
        .hasSize(2)
        .anySatisfy(warning -> assertThat(warning).contains("outside Failsafe's fallback"))
        .anySatisfy(
            warning ->
                assertThat(warning)
                    .endsWith("Failsafe's retry policy: the numbers of attempts multiply"));
    assertThat(
            Resilience.of(
                    FailsafePolicies.policy(
                        Timeout.of(Duration.ofSeconds(1)),
                        CircuitBreaker.ofDefaults(),
                        RetryPolicy.ofDefaults()))
                .warnings())
        .hasSize(2)
        .allSatisfy(warning -> assertThat(warning).contains("outside Failsafe's retry policy"));
    assertThat(Resilience.of(FailsafePolicies.policy(bulkhead), theirs).warnings())
        .anySatisfy(warning -> assertThat(warning).contains("it is the same limit"));
    assertThat(Resilience.of(theirs, Retry.of(RetryPolicy.ofDefaults())).warnings())
        .anySatisfy(warning -> assertThat(warning).contains("the numbers of attempts multiply"));
  }

  @Test
  void and_read_well_in_one_line() {
    assertThat(
            Resilience.of(
                    MoreTime.atLeast(Duration.ofSeconds(3)),
                    Retry.of(2),
                    breaker,
                    RateLimit.of(10, Duration.ofSeconds(1)),
                    ServiceTimeouts.builder().build().forService("payment"),
                    AdaptiveTimeout.ofDefaults("quotes"),
                    FailsafePolicies.policy(CircuitBreaker.ofDefaults(), Bulkhead.of(3)))
                .describe())
        .isEqualTo(
            "more time (at least 3 s)"
                + " > retry (2 attempts, 100 ms x 2.0 up to 5 s with full jitter)"
                + " > breaker 'service' (CLOSED)"
                + " > rate limit (10.0 per s, burst 10)"
                + " > timeout of payment (1 s)"
                + " > quotes (adaptive, now 2 s)"
                + " > Failsafe's circuit breaker > Failsafe's bulkhead");
  }
}
