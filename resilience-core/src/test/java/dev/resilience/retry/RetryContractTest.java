package dev.resilience.retry;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds. */
class RetryContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Retry.builder().backoff(Backoff.constant(Duration.ofMillis(1))).build();
  }
}
