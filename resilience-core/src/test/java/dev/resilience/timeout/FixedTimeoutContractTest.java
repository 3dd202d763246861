package dev.resilience.timeout;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds, on the caller's thread. */
class FixedTimeoutContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return FixedTimeout.of(Duration.ofMinutes(1));
  }
}
