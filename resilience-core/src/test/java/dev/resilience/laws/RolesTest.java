package dev.resilience.laws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.resilience.breaker.Breaker;
import dev.resilience.hedge.Hedge;
import dev.resilience.limit.ConcurrencyLimit;
import dev.resilience.limit.RateLimit;
import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.Resilience;
import dev.resilience.retry.Retry;
import dev.resilience.timeout.FixedTimeout;
import java.time.Duration;
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
}
