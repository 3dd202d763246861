package dev.resilience.timeout;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;
import java.time.Duration;

/** What every policy holds, on another thread. */
class IsolatedTimeoutContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return FixedTimeout.builder("timeout", Duration.ofMinutes(1)).isolated().build();
  }
}
