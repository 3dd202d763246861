package dev.resilience.breaker;

import dev.resilience.policy.ContextPolicy;
import dev.resilience.policy.ContextPolicyContract;

/** What every policy holds. */
class BreakerContractTest extends ContextPolicyContract {

  @Override
  protected ContextPolicy policy() {
    return Breaker.ofDefaults("service");
  }
}
