package dev.resilience.limit;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class RateLimitContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return RateLimit.of(100, Duration.ofSeconds(1));
  }
}
